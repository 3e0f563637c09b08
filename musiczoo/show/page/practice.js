// Volume, metronome, loop of bars, and the comparison of two pieces.

// [first, last] of '5:8' or '5', counted from 1; null if a piece of so many
// bars has no such bars.
function parseBars(text, count) {
  const found = /^(\d+)(?::(\d+))?$/.exec(text.replaceAll(' ', ''));
  const first = Number(found?.[1]), last = Number(found?.[2] ?? first);
  return 1 <= first && first <= last && last <= count ? [first, last] : null;
}

// Loops the bars that are written in the field; none if it is empty.
function setLoop() {
  const field = find('loop'), {piece} = player;
  const text = field.value.trim(), count = piece.bars.length - 1;
  const bars = parseBars(text, count);
  const isWrong = Boolean(text) && !bars;
  find('loop-error').textContent = isWrong ?
      `Give bars from 1 to ${count}, first:last.` : '';
  field.setAttribute('aria-invalid', isWrong);
  player.setLoop(bars && [piece.bars[bars[0] - 1], piece.bars[bars[1]]]);
}

function focusLoop() {
  find('loop').focus();
  find('loop').select();
}

// Shows another piece at the same second; bars of a loop, and mutes and solos
// of as many tracks, stay.
function compare(index) {
  const {position, muted, soloed} = player, text = find('loop').value;
  choose(index, position);
  if (muted.length === player.muted.length) {
    Object.assign(player, {muted, soloed});
    player.mixed();
  }
  find('loop').value = text;
  if (text) setLoop();
}

// The piece of A, or of B if A is shown.
function switchPieces() {
  if (pieces.length > 1) compare(Number(find(isA() ? 'b' : 'a').value));
}

function isA() {
  return Number(find('a').value) === at;
}

function fillSelect(select, chosen) {
  let index = 0;
  for (const {name, pieces} of book.groups) {
    const group = make('optgroup');
    group.label = name;
    for (const piece of pieces) {
      const option = make('option', shortened(piece.name, 20));
      option.value = index++;
      option.title = piece.name;
      group.append(option);
    }
    if (pieces.length) select.append(group);
  }
  select.value = chosen;
  select.onchange = () => compare(Number(select.value));
}

function showPractice() {
  const percent = Math.round(player.volume * 100);
  find('volume').value = percent;
  find('volume').setAttribute('aria-valuetext', `${percent} %`);
  find('metronome').setAttribute('aria-pressed', player.metronome);
  find('switch').textContent = `Switch to ${isA() ? 'B' : 'A'}`;
}

function buildPractice() {
  find('volume').oninput = (event) =>
      player.setVolume(Number(event.target.value) / 100);
  find('metronome').onclick = () => player.setMetronome(!player.metronome);
  find('loop').onchange = setLoop;
  // So that keys act on the player again, after the change.
  find('loop').onkeydown = ({key, target}) => {
    if (key === 'Enter') target.blur();
  };
  find('switch').onclick = switchPieces;
  // At first the first pieces of two groups, if there are as many.
  const group = (piece) => piece.group !== pieces[0].group;
  fillSelect(find('a'), 0);
  fillSelect(find('b'), Math.max(pieces.findIndex(group), 1));
  find('compare').hidden = pieces.length < 2;
}
