// Piano-rolls of a piece, one for each track, and a ruler of bars and chords.
const COLOURS = [
  '#3b82c4', '#dd7a33', '#3f9e5a', '#c2528b', '#8a6fd1', '#b8921f', '#2f9d9d',
  '#b5533c',
];
const MOST = 8;  // More tracks are grouped by families of instruments.
const LABEL = 12;  // Pixels of the height of a label.
const AT = 0.3;  // Place of the playhead, as a share of the width.

const colour = (track) => COLOURS[track % COLOURS.length];

// [name, tracks] of each roll of a piece: its tracks or, of many, families.
function rows(tracks) {
  if (tracks.length <= MOST) return tracks.map(({label}, i) => [label, [i]]);
  const found = new Map(tracks.map(({family}) => [family, []]));
  tracks.forEach(({family}, i) => found.get(family).push(i));
  return [...found];
}

class Rolls {
  constructor(section, player) {
    this.section = section;
    this.player = player;
    this.strips = [];
    this.zoom = 40;  // Pixels a quarter note.
    this.left = 0;  // Tick at the left edge.
    matchMedia('(prefers-color-scheme: dark)').addEventListener(
        'change', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(section);
  }

  load(piece) {
    this.piece = piece;
    this.left = 0;
    this.rows = rows(piece.tracks);
    const many = piece.tracks.length > MOST;
    const few = piece.tracks.length <= 5 && !Notation.has(piece);
    this.section.className = many ? 'many' : few ? 'few' : '';
    this.section.replaceChildren();
    this.section.scrollTop = 0;
    const key = piece.key ? `Key ${piece.key}` : '';
    this.strips = [];
    this.addStrip([make('span', key)], []).strip.classList.add('ruler');
    for (const [name, tracks] of this.rows) {
      if (tracks.length > 1) this.addGroup(name, tracks);
      else this.addTrack(tracks[0]);
    }
  }

  addTrack(i) {
    const track = this.piece.tracks[i];
    const name = setName(make('span'), track.label, 6);
    const made = this.addStrip([name], [i], track.label);
    name.title = `${track.label}: ${track.family}, ${track.count} notes` +
        this.range(made, track);
    return made.strip;
  }

  // The lowest and the highest pitch of a track, in words.
  range({notes}, {drums}) {
    if (drums || !notes.length) return '';
    const [first, ...others] = notes;
    let low = first, high = first;
    for (const note of others) {
      if (note.pitch < low.pitch) low = note;
      if (note.pitch > high.pitch) high = note;
    }
    return ', ' + [low, high].map(
        ({pitch, onset}) => pitchName(this.piece, pitch, onset)).join(' to ');
  }

  // One roll of some tracks, and a button that shows the roll of each.
  addGroup(name, tracks) {
    const fold = setName(make('button'), `${name} (${tracks.length})`, 6);
    fold.title = `${name}: ${tracks.length} tracks`;
    this.addStrip([fold], tracks, name);
    const each = tracks.map((i) => this.addTrack(i));
    const open = (shown) => {
      fold.setAttribute('aria-expanded', shown);
      for (const strip of each) strip.hidden = !shown;
      this.player.changed();
    };
    for (const strip of each) strip.classList.add('member');
    fold.className = 'name fold';
    fold.onclick = () => open(each[0].hidden);
    open(false);
  }

  // Buttons that mute and solo tracks.
  mixer(label, tracks) {
    const mute = make('button', 'Mute'), solo = make('button', 'Solo');
    mute.setAttribute('aria-label', `Mute ${label}`);
    solo.setAttribute('aria-label', `Solo ${label}`);
    mute.onclick = () => this.player.mute(tracks);
    solo.onclick = () => this.player.solo(tracks);
    return [mute, solo];
  }

  // A strip of what stands at its left and a roll; the ruler has no tracks.
  addStrip(children, tracks, label) {
    const strip = make('div'), head = make('div');
    const canvas = make('canvas');
    strip.className = 'strip';
    head.className = 'head';
    canvas.setAttribute('aria-hidden', 'true');  // Like the slider.
    const mixer = label === undefined ? [] : this.mixer(label, tracks);
    const both = make('div');
    both.append(...mixer);
    head.append(...children, ...mixer.length ? [both] : []);
    strip.append(head, canvas);
    if (tracks.length === 1) {
      strip.style.setProperty('--colour', colour(tracks[0]));
    }
    this.section.append(strip);
    this.follow(canvas);
    let low = 127, high = 0;
    const own = new Set(tracks);
    const notes = this.piece.notes.filter((note) => own.has(note.track));
    for (const {pitch} of notes) {
      low = Math.min(low, pitch);
      high = Math.max(high, pitch);
    }
    canvas.addEventListener('pointermove', (event) => {
      canvas.title = this.describe(made, event);
    });
    const made = {
      strip, canvas, mixer, tracks, notes, low: low - 2, high: high + 2,
    };
    this.strips.push(made);
    return made;
  }

  // The note of a roll below the pointer, or else the bar.
  describe({canvas, notes, low, high}, {offsetX, offsetY}) {
    const {bars, tracks} = this.piece;
    const tick = this.left + offsetX / this.scale();
    const row = canvas.clientHeight / (high - low + 1);
    const pitch = high + 0.5 - offsetY / row;
    // Also beside a thin note.
    const near = Math.max(0.6, 4 / row);
    const away = (note) => Math.abs(note.pitch - pitch);
    const [note] = notes.filter((note) => note.onset <= tick &&
        tick < note.off && away(note) < near).sort((a, b) => away(a) - away(b));
    const bar = `bar ${Math.min(after(bars, tick), bars.length - 1)}`;
    if (!note) return bar;
    const {label, drums} = tracks[note.track];
    const name = drums ? '' :
        ' ' + pitchName(this.piece, note.pitch, note.onset);
    return `${label}${name}, ${bar}`;
  }

  // A press or drag in a roll seeks; rolls do not scroll meanwhile. A finger
  // may scroll the page instead: it seeks once it moves sideways, or on a tap.
  follow(canvas) {
    let from = null;  // Where a finger touched, until it seeks.
    const letGo = () => {
      this.held = false;
      this.player.changed();
    };
    const seek = (event) => {
      const tick = this.left + event.offsetX / this.scale();
      this.player.seek(this.piece.clock.seconds(Math.max(tick, 0)));
    };
    canvas.onpointerdown = (event) => {
      if (event.button) return;
      this.held = true;
      from = event.pointerType === 'touch' ? event.offsetX : null;
      canvas.setPointerCapture(event.pointerId);
      if (from === null) seek(event);
    };
    canvas.onpointermove = (event) => {
      if (!this.held) return;
      if (from !== null && Math.abs(event.offsetX - from) < 8) return;
      from = null;
      seek(event);
    };
    canvas.onpointerup = (event) => {
      if (this.held && from !== null) seek(event);
      letGo();
    };
    canvas.onpointercancel = letGo;
  }

  scale() {
    return this.zoom / this.piece.resolution;
  }

  enlarge(factor) {
    this.zoom = Math.min(Math.max(this.zoom * factor, 4), 240);
    this.draw();
  }

  draw() {
    if (!this.piece) return;
    const {piece, player} = this;
    const now = piece.clock.tick(player.position);
    const width = this.strips[0].canvas.clientWidth;
    const shown = width / this.scale();
    if (!this.held) {
      this.left = Math.max(0, Math.min(
          now - AT * shown, piece.end * 1.01 - shown));
    }
    const style = getComputedStyle(document.documentElement);
    const ink = {};
    for (const name of [
      'ink', 'faint', 'line', 'bar', 'accent', 'paper', 'fault',
    ]) {
      ink[name] = style.getPropertyValue('--' + name);
    }
    const audible = player.audible;
    for (const strip of this.strips) {
      const {canvas, tracks} = strip, box = canvas.getBoundingClientRect();
      if (!box.height) continue;  // Of a folded group.
      const ratio = window.devicePixelRatio || 1;
      const wide = Math.round(width * ratio);
      const high = Math.round(canvas.clientHeight * ratio);
      if (canvas.width !== wide || canvas.height !== high) {
        canvas.width = wide;
        canvas.height = high;
      } else if (box.bottom < 0 || box.top > window.innerHeight) {
        continue;  // Out of sight.
      }
      const pen = canvas.getContext('2d');
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, width, canvas.clientHeight);
      if (!tracks.length) this.drawRuler(pen, width, ink);
      else this.drawNotes(pen, strip, width, now, audible, ink);
      if (player.loop) this.drawLoop(pen, player.loop.ticks, ink);
      pen.fillStyle = ink.accent;
      pen.fillRect((now - this.left) * this.scale() - 1, 0, 2,
          canvas.clientHeight);
    }
    for (const {strip, mixer: [mute, solo], tracks} of this.strips.slice(1)) {
      const all = (flags) => tracks.every((i) => flags[i]);
      mute.setAttribute('aria-pressed', all(player.muted));
      solo.setAttribute('aria-pressed', all(player.soloed));
      strip.classList.toggle('silent', !tracks.some((i) => audible[i]));
    }
  }

  // [x, number] of each bar line in sight.
  bars(width) {
    const scale = this.scale(), found = [];
    const first = after(this.piece.bars, this.left) - 1;
    for (let i = Math.max(first, 0); i < this.piece.bars.length; i++) {
      const x = (this.piece.bars[i] - this.left) * scale;
      if (x > width) break;
      found.push([x, i + 1]);
    }
    return found;
  }

  drawRuler(pen, width, ink) {
    pen.font = '12px system-ui, sans-serif';
    pen.textBaseline = 'middle';
    let free = -Infinity;
    for (const [x, number] of this.bars(width)) {
      pen.fillStyle = ink.bar;
      pen.fillRect(x, 0, 1, 40);
      if (number === this.piece.bars.length || x < free) continue;
      pen.fillStyle = ink.faint;
      pen.fillText(number, x + 4, 11);
      free = x + 30;
    }
    pen.fillStyle = ink.fault;
    for (const [, tick] of this.piece.marks) {
      pen.beginPath();
      pen.arc((tick - this.left) * this.scale() + 2, 3, 3, 0, 7);
      pen.fill();
    }
    pen.font = '600 13px system-ui, sans-serif';
    pen.fillStyle = ink.ink;
    const {chords} = this.piece, scale = this.scale();
    for (let i = 0; i < chords.length; i++) {
      const [tick, name] = chords[i];
      const x = (tick - this.left) * scale;
      const end = i + 1 < chords.length ?
          (chords[i + 1][0] - this.left) * scale : width;
      if (x > width) break;
      // The chord at the left edge stays visible.
      const at = Math.max(x, 0) + 4;
      if (end > 0 && pen.measureText(name).width < end - at) {
        pen.fillText(name, at, 29);
      }
    }
  }

  drawLoop(pen, ticks, ink) {
    const [x, right] = ticks.map((tick) => (tick - this.left) * this.scale());
    pen.globalAlpha = 0.15;
    pen.fillStyle = ink.accent;
    pen.fillRect(x, 0, right - x, pen.canvas.clientHeight);
    pen.globalAlpha = 1;
  }

  drawOctaves(pen, lines, width, ink) {
    pen.font = '10px system-ui, sans-serif';
    pen.textBaseline = 'middle';
    for (const [pitch, y, label] of lines) {
      pen.fillStyle = ink.bar;
      pen.fillRect(0, y, width, 1);
      if (label === null) continue;
      pen.fillStyle = ink.faint;
      pen.fillText('C' + (pitch / 12 - 1), 3, label);
    }
  }

  drawNotes(pen, {notes, low, high, tracks}, width, now, audible, ink) {
    const tall = pen.canvas.clientHeight, scale = this.scale();
    const row = tall / (high - low + 1);
    const y = (pitch) => (high - pitch) * row;
    pen.fillStyle = ink.bar;
    for (const [x] of this.bars(width)) pen.fillRect(x, 0, 1, tall);
    if (!this.piece.tracks[tracks[0]].drums) {
      this.drawOctaves(pen, octaves(low, high, tall), width, ink);
    }
    const thick = Math.max(Math.min(row - 1, 12), 3);
    const right = this.left + width / scale;
    for (const {onset, off, pitch, velocity, track} of notes) {
      if (onset > right) break;
      if (off < this.left) continue;
      const x = (onset - this.left) * scale;
      const long = Math.max((off - onset) * scale - 1.5, 2);
      const sounds = audible[track] && onset <= now && now < off;
      const top = y(pitch) + (row - thick) / 2;
      const block = (around) => {
        pen.beginPath();
        pen.roundRect(x - around, top - around, long + 2 * around,
            thick + 2 * around, Math.min(3, thick / 2, long / 2) + around);
        pen.fill();
      };
      pen.fillStyle = colour(track);
      if (sounds) {
        pen.globalAlpha = 0.35;
        block(4);
      }
      pen.globalAlpha = sounds ? 1 :
          audible[track] ? 0.5 + 0.4 * velocity / 127 : 0.2;
      block(0);
    }
    pen.globalAlpha = 1;
  }
}

// [pitch, y, y of its label or null] of each C of a roll of pitches from low to
// high. Where octaves are near, every second is labelled, or third, and so on.
function octaves(low, high, tall) {
  const row = tall / (high - low + 1), half = LABEL / 2;
  const every = Math.ceil(LABEL / (12 * row));
  const found = [];
  for (let c = 12 * Math.ceil(low / 12); c <= high; c += 12) {
    const y = (high - c + 0.5) * row;
    const fits = y >= half && y <= tall - half;
    // Counted from middle C, so that all rolls of a piece agree.
    const label = fits && (c / 12 - 5) % every === 0 ? y : null;
    found.push([c, y, label]);
  }
  // With none, such as in a roll of one row, the middle one is labelled.
  if (found.length && found.every(([, , label]) => label === null)) {
    const some = found[found.length >> 1];
    some[2] = Math.min(Math.max(some[1], half), tall - half);
  }
  return found;
}

// The number of ticks, which ascend, at `tick` or before.
function after(ticks, tick) {
  let low = 0, high = ticks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ticks[middle] <= tick) low = middle + 1;
    else high = middle;
  }
  return low;
}
