// The page: its list of pieces, transport, rolls and numbers.
const find = (id) => document.getElementById(id);

function make(tag, text) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return made;
}

const book = JSON.parse(find('music').textContent);
const pieces = book.groups.flatMap(
    (group) => group.pieces.map((piece) => ({...piece, group: group.name})));
let dirty = false, at = 0;

// Draws at the next frame of the screen, and at each while music plays.
function changed() {
  if (dirty) return;
  dirty = true;
  requestAnimationFrame(() => {
    dirty = false;
    show();
    if (player.playing) changed();
  });
}

const player = new Player(book.timbres, changed);
const rolls = new Rolls(find('tracks'), player);
const notation = new Notation(find('score'), find('glyphs'), player);

// A piece of the JSON data with its clock, and notes as objects.
function open(piece) {
  const clock = new Clock(piece.tempi, piece.resolution);
  const notes = [];
  for (let i = 0; i < piece.notes.length; i += 5) {
    const [onset, lasts, pitch, velocity, track] =
        piece.notes.slice(i, i + 5);
    const off = onset + lasts;
    notes.push({
      onset, off, pitch, velocity, track, begin: clock.seconds(onset),
      end: clock.seconds(off),
    });
  }
  const tracks = piece.tracks.map((track, i) => ({
    ...track,
    label: track.name || track.family,
    count: notes.filter((note) => note.track === i).length,
  }));
  const seconds = clock.seconds(piece.end);
  return {...piece, clock, notes, tracks, seconds};
}

// Shows another piece from a second on; plays it if music is playing.
function choose(index, place = 0) {
  const on = player.playing || player.starting;
  at = (index + pieces.length) % pieces.length;
  const piece = open(pieces[at]);
  rolls.load(piece);
  player.load(piece);
  notation.load(piece);
  find('whole').hidden = !Notation.has(piece);
  showMarks(piece);
  find('name').textContent = piece.name;
  find('seek').max = piece.seconds;
  const link = find('download');
  URL.revokeObjectURL(link.href);
  const bytes = Uint8Array.from(atob(piece.midi), (c) => c.charCodeAt(0));
  link.href = URL.createObjectURL(new Blob([bytes], {type: 'audio/midi'}));
  link.download = piece.file;
  document.querySelectorAll('nav li button').forEach((button, i) => {
    button.setAttribute('aria-current', i === at);
    // Scrolls the list alone, not the page.
    if (i === at) button.scrollIntoView({block: 'nearest', inline: 'nearest'});
  });
  showNumbers(pieces[at]);
  find('loop').value = find('loop-error').textContent = '';
  find('loop').setAttribute('aria-invalid', false);
  player.seek(place);
  if (on && place < piece.seconds) player.play();
}

function show() {
  const {playing, position, piece, speed} = player;
  const clock = (s) => `${Math.floor(s / 60)}:` +
      String(Math.floor(s % 60)).padStart(2, '0');
  find('play').textContent = playing ? 'Pause' : 'Play';
  find('time').textContent = `${clock(position)} / ${clock(piece.seconds)}`;
  if (!find('seek').matches(':active')) find('seek').value = position;
  find('seek').setAttribute('aria-valuetext', clock(position));
  const percent = Math.round(speed * 100);
  find('bpm').textContent =
      `${Math.round(piece.clock.tempo(position) * speed)} bpm` +
      (percent === 100 ? '' : `, ${percent} %`);
  find('tempo').value = percent;
  const status = playing ? `Playing ${piece.name}` : 'Paused';
  if (find('status').textContent !== status) {
    find('status').textContent = status;
  }
  showPractice();
  rolls.draw();
  notation.draw();
}

// The list of marks, each of which seeks where it is.
function showMarks(piece) {
  const list = find('marks');
  list.replaceChildren();
  list.hidden = !piece.marks.length;
  for (const [kind, tick, voices] of piece.marks) {
    const item = make('li'), bar = after(piece.bars, tick);
    const names = voices.map((voice) => {
      const {label = voice, drums = true} = piece.tracks[voice] ?? {};
      const note = drums ? null : piece.notes.find(({track, onset, off}) =>
          track === voice && onset <= tick && tick < off);
      return note ? `${label} ${pitchName(piece, note.pitch, tick)}` : label;
    });
    const button = make('button', `bar ${bar}: ${kind}, ${names.join(', ')}`);
    button.onclick = () => player.seek(piece.clock.seconds(tick));
    item.append(button);
    list.append(item);
  }
}

function build() {
  let index = 0;
  for (const group of book.groups) {
    if (!group.pieces.length) continue;  // Only a column of numbers.
    const list = make('ul');
    find('pieces').append(make('h3', group.name), list);
    for (const piece of group.pieces) {
      const own = index++, item = make('li');
      const button = setName(make('button'), piece.name);
      button.onclick = () => choose(own);
      item.append(button);
      list.append(item);
    }
  }
  for (const text of book.notes) find('notes').append(make('p', text));
  for (const [key, what] of KEYS) {
    const row = make('div');
    row.append(make('dt', key), make('dd', what));
    find('keys').append(row);
  }
  find('play').onclick = () => player.toggle();
  find('seek').oninput = (event) => player.seek(Number(event.target.value));
  find('tempo').oninput = (event) =>
      player.setSpeed(Number(event.target.value) / 100);
  find('out').onclick = () => rolls.enlarge(1 / 1.5);
  find('in').onclick = () => rolls.enlarge(1.5);
  find('whole').onclick = () => {
    const whole = find('score').classList.toggle('whole');
    find('whole').setAttribute('aria-pressed', whole);
  };
  find('keys-button').onclick = () => {
    const keys = find('keys');
    keys.hidden = !keys.hidden;
    find('keys-button').setAttribute('aria-expanded', !keys.hidden);
  };
  document.addEventListener('keydown', pressed);
  // What was out of sight is drawn.
  document.addEventListener('scroll', changed, {capture: true, passive: true});
  // After a click the space bar plays and pauses again.
  document.addEventListener('click', (event) => {
    if (event.detail) event.target.closest('button, a')?.blur();
  });
  find('pieces').hidden = pieces.length < 2;
  for (const id of ['transport', 'practice', 'tracks']) {
    find(id).hidden = !pieces.length;
  }
  if (!pieces.length) return;
  buildPractice();
  choose(0);
}

build();
