// The notation of a piece: lines of bars that fill the page, and marks in it.
// Lengths are units, 36 to the distance of two lines of a staff.
const SPACE = 36;
const ARC = /a/;  // Paths with arcs are dots: they move as a whole.

// A piece's engraving from compressed text.
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(
      new DecompressionStream('deflate'));
  return JSON.parse(await new Response(stream).text());
}

class Notation {
  constructor(section, glyphs, player) {
    this.section = section;
    this.player = player;
    this.space = glyphs.namespaceURI;
    this.systems = [];
    for (const [code, path] of Object.entries(book.glyphs)) {
      this.add(glyphs, 'path', {
        id: `glyph-${code}`, d: path, transform: 'scale(.144,-.144)',
      });
    }
    new ResizeObserver(() => this.fit()).observe(section);
  }

  add(parent, tag, attributes, text) {
    const made = document.createElementNS(this.space, tag);
    for (const [name, value] of Object.entries(attributes)) {
      made.setAttribute(name, value);
    }
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  // Whether the piece can be shown in notation by this browser.
  static has(piece) {
    return Boolean(piece.engraving) && 'DecompressionStream' in window;
  }

  async load(piece) {
    this.piece = piece;
    this.music = this.at = null;
    this.systems = [];
    this.section.replaceChildren();
    this.section.hidden = !Notation.has(piece);
    if (this.section.hidden) return;
    const music = await unpack(piece.engraving);
    if (this.piece !== piece) return;  // Another was chosen meanwhile.
    this.music = music;
    this.unit = music.grid / piece.resolution;
    this.fit(true);
  }

  // Breaks the piece into lines again where the width has changed.
  fit(force = false) {
    const {width} = this.section.getBoundingClientRect();
    if (!this.music || !width || (!force && width === this.width)) return;
    this.width = width;
    const small = matchMedia('(max-width: 720px)').matches;
    this.scale = (small ? 5 : 6.25) / SPACE;  // Pixels of a unit.
    this.wide = (this.section.clientWidth - 20) / this.scale;
    this.margin = small ? 0 : 8 * SPACE + 7 / this.scale * Math.max(
        ...this.piece.tracks.map((track) => Math.min(track.label.length, 16)));
    this.section.replaceChildren();
    this.systems = [];
    this.notes = [];
    this.at = null;
    let first = 0;
    while (first < this.music.bars.length) first = this.line(first);
    this.mark();
    this.draw();
  }

  // Draws a line that begins with a bar: the first bar of the next line.
  line(first) {
    const {bars, heads} = this.music;
    const [head] = heads[bars[first].head];
    const left = first ? 0 : this.margin;
    const room = this.wide - left - head;
    let next = first, taken = 0;
    // The head of the line stands for a change of key in its first bar.
    const lead = (i) => i === first ? bars[i].lead : 0;
    const inner = (i) => bars[i].width - lead(i);
    while (next < bars.length &&
           (next === first || taken + inner(next) <= room)) {
      taken += inner(next++);
    }
    // The last line is not spread unless it is nearly full.
    const full = next < bars.length || taken > .8 * room;
    const stretch = full ? Math.min(room / taken, 2) : 1;
    const system = this.system(first, next, left, head + stretch * taken);
    let x = left + head;
    for (let i = first; i < next; i++) {
      const end = x + stretch * inner(i);
      system.bars.push(this.bar(system, i, {
        moved: (at) => x + stretch * (at - lead(i)), last: i + 1 === next, end,
      }));
      x = end;
    }
    this.squeeze(system.svg);
    system.cursor = this.add(system.svg, 'line', {
      class: 'cursor', y1: this.top + 2 * SPACE, y2: this.music.height - 8,
    });
    this.systems.push(system);
    return next;
  }

  // An empty line: staves, clefs, key, names of the parts, number of the bar.
  system(first, next, left, width) {
    const {bars, heads, height, lines, staves} = this.music;
    const above = bars.flatMap((bar) => bar.chords.map(([, y]) => y));
    this.top = Math.min(staves[0] - 3 * SPACE, ...above) - SPACE;
    const tall = height - this.top;
    const wide = Math.max(this.wide, left + width + 4);
    const svg = this.add(this.section, 'svg', {
      viewBox: `0 ${this.top} ${wide} ${tall}`, role: 'img',
      width: wide * this.scale, height: tall * this.scale,
      'aria-label': `Bars ${first + 1} to ${next}`,
    });
    svg.onclick = (event) => this.seek(system, event);
    this.add(svg, 'path', {
      class: 'staff', d: lines.map((y) => `M${left} ${y}h${width}`).join(''),
    });
    const low = staves[staves.length - 1];
    this.shape(svg, [left, staves[0], left, low, 5], (x) => x);
    for (const shape of heads[bars[first].head][1]) {
      this.shape(svg, shape, (x) => left + x);
    }
    if (left) {
      this.piece.tracks.forEach(({label}, i) => {
        const text = this.add(svg, 'text', {
          x: left - SPACE, y: this.music.names[i], class: 'part',
        }, shortened(label, 16));
        this.add(text, 'title', {}, label);
      });
    }
    this.add(svg, 'text', {
      x: left, y: staves[0] - 1.4 * SPACE, class: 'number',
    }, first + 1);
    const system = {svg, first, bars: [], wide};
    return system;
  }

  // Draws a bar: its stops, [tick of the grid, x], in order. `moved` gives the
  // place of each x, `end` that of the bar line; `last` is of the line.
  bar({svg, first}, index, {moved, last, end}) {
    const bar = this.music.bars[index];
    const heads = bar.notes.map((note) => note[3][1]).sort((a, b) => a - b);
    // What belongs to a head keeps its distance from it.
    const attached = (at) => {
      const head = heads[after(heads, at + 16) - 1];
      const to = head === undefined || at > bar.width - 8 ?
          moved(at) : moved(head) + at - head;
      return last ? Math.min(to, end) : to;  // Ties end with the line.
    };
    const change = index === first ? [] : bar.change;
    for (const shape of [...change, ...bar.shapes]) {
      const isPath = typeof shape === 'string';
      const isWide = typeof shape[0] === 'number' &&
          shape[2] - shape[0] > 3 * SPACE;
      this.shape(svg, shape, isPath || isWide ? attached : (at) => moved(at));
    }
    const stops = new Map();
    for (const [part, start, end, ...shapes] of bar.notes) {
      const group = this.add(svg, 'g', {});
      group.style.setProperty('--colour', COLOURS[part % COLOURS.length]);
      const [, at, y] = shapes[0], shift = moved(at) - at;
      for (const shape of shapes) this.shape(group, shape, (to) => to + shift);
      this.notes.push({
        part, start, end, group, svg, x: at + shift, y, sounds: false,
      });
      stops.set(start, Math.min(stops.get(start) ?? Infinity, at + shift));
    }
    for (const [at, y, name] of bar.chords) {
      this.add(svg, 'text', {x: moved(at), y, class: 'chord'}, name);
    }
    return [...stops].sort(([a], [b]) => a - b);
  }

  // Makes names of chords narrower where the next is near.
  squeeze(svg) {
    const names = [...svg.querySelectorAll('.chord')];
    names.forEach((name, i) => {
      const next = names[i + 1]?.getAttribute('x') ?? Infinity;
      const room = next - name.getAttribute('x') - SPACE / 2;
      if (name.getComputedTextLength() <= room) return;
      name.setAttribute('textLength', room);
      name.setAttribute('lengthAdjust', 'spacingAndGlyphs');
    });
  }

  // Draws a shape; `move` gives the place of each x.
  shape(parent, shape, move) {
    if (typeof shape === 'string') {
      const shift = (_, x, y) => `${Math.round(move(Number(x)))} ${y}`;
      const pairs = ARC.test(shape) ? /(-?\d+) (-?\d+)/ : /(-?\d+) (-?\d+)/g;
      this.add(parent, 'path', {d: shape.replace(pairs, shift)});
    } else if (typeof shape[0] === 'number') {
      const [x1, y1, x2, y2, width] = shape;
      const from = move(x1);
      const to = x2 - x1 > 3 * SPACE ? move(x2) : from + x2 - x1;
      this.add(parent, 'line', {
        x1: from, y1, x2: to, y2, 'stroke-width': width,
      });
    } else {
      const [code, x, y, size = 1] = shape;
      this.add(parent, 'use', {
        href: `#glyph-${code}`,
        transform: `translate(${move(x)},${y})` +
            (size === 1 ? '' : `scale(${size})`),
      });
    }
  }

  // Rings around the notes that break a rule, with its number in the list.
  mark() {
    this.piece.marks.forEach(([kind, tick, parts], i) => {
      const place = tick * this.unit;
      const found = this.notes.filter((note) => parts.includes(note.part) &&
          note.start <= place && place < note.end);
      if (!found.length) return;
      const {svg} = found[0];
      const group = this.add(svg, 'g', {class: 'mark'});
      this.add(group, 'title', {}, kind);
      found.sort((a, b) => a.y - b.y);
      for (const {x, y} of found) {
        this.add(group, 'ellipse', {cx: x + 22, cy: y, rx: 38, ry: 30});
      }
      const top = found[0], low = found[found.length - 1];
      const join = (a, b) => this.add(group, 'line', {
        x1: a.x + 22, y1: a.y, x2: b.x + 22, y2: b.y,
      });
      if (/^(parallel|direct)/.test(kind)) {
        for (const note of found) {
          const before = this.notes.find((other) => other.svg === svg &&
              other.part === note.part && other.end === note.start);
          if (before) join(before, note);
        }
      } else if (top !== low) {
        join(top, low);
      }
      this.add(group, 'text', {x: top.x + 62, y: top.y - 24}, i + 1);
    });
  }

  // The stops of a system, with its end: [tick of the grid, x].
  stops(index) {
    const system = this.systems[index];
    const next = system.first + system.bars.length;
    const right = system.svg.querySelector('.staff').getBBox();
    return [...system.bars.flat(),
      [this.music.ticks[next], right.x + right.width]];
  }

  // Moves to where the player is.
  draw() {
    const {music, piece, player, systems} = this;
    if (!music) return;
    const now = piece.clock.tick(player.position) * this.unit;
    for (const note of this.notes) {
      const sounds = note.start <= now && now < note.end &&
          (player.playing || now > 0);
      if (sounds === note.sounds) continue;
      note.sounds = sounds;
      note.group.classList.toggle('sounds', sounds);
    }
    const bar = after(music.ticks, now) - 1;
    const index = after(systems.map(({first}) => first),
        Math.min(bar, music.bars.length - 1)) - 1;
    if (index !== this.at) {
      systems[this.at]?.cursor.classList.remove('here');
      systems[index].cursor.classList.add('here');
      if (this.at !== null || index) this.show(systems[index].svg);
      this.at = index;
      this.places = this.stops(index);
    }
    const x = between(this.places, now, 0, 1);
    systems[index].cursor.setAttribute('x1', x);
    systems[index].cursor.setAttribute('x2', x);
  }

  // Scrolls a line into view: in its box, or with the page while it plays.
  show(svg) {
    const {section} = this;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const behavior = still ? 'auto' : 'smooth';
    if (section.scrollHeight > section.clientHeight + 4) {
      const top = svg.getBoundingClientRect().top -
          section.getBoundingClientRect().top + section.scrollTop;
      section.scrollTo({top: top - 4, behavior});
    } else if (this.player.playing) {
      svg.scrollIntoView({block: 'nearest', behavior});
    }
  }

  // A click seeks.
  seek(system, event) {
    const box = system.svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / this.scale;
    const places = this.stops(this.systems.indexOf(system));
    const tick = between(places, x, 1, 0) / this.unit;
    this.player.seek(this.piece.clock.seconds(Math.max(tick, 0)));
  }
}

// Interpolates places, which ascend, from one coordinate to the other.
function between(places, value, from, to) {
  const first = places[0], last = places[places.length - 1];
  if (value <= first[from]) return first[to];
  if (value >= last[from]) return last[to];
  const i = after(places.map((place) => place[from]), value);
  const [a, b] = [places[i - 1], places[i]];
  const share = (value - a[from]) / (b[from] - a[from]);
  return a[to] + share * (b[to] - a[to]);
}
