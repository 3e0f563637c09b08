// Keys and their actions on the player and the page.
const KEYS = [
  ['Space', 'play, pause'],
  ['\u2190 \u2192', 'a bar back, on'],
  ['Shift \u2190 \u2192', 'four bars'],
  ['Home, End', 'begin, end'],
  ['\u2191 \u2193', 'other pieces'],
  ['1 \u2026 9', 'mute a track or group'],
  ['Shift 1 \u2026 9', 'solo it'],
  ['0', 'hear all tracks'],
  ['\u2212 +', 'slower, faster'],
  ['Z X', 'show more, less'],
  [', .', 'quieter, louder'],
  ['M', 'metronome'],
  ['L', 'loop some bars'],
  ['B', 'switch from A to B, back'],
];

// Seeks some bars on, or back.
function bar(step) {
  const {piece, position} = player;
  const tick = piece.clock.tick(position);
  // Back from just after a bar line means to the line before.
  const late = step < 0 ? piece.resolution / 2 : -1;
  const bar = after(piece.bars, tick - late) - 1 + step + (step < 0 ? 1 : 0);
  const last = piece.bars.length - 1;
  player.seek(piece.clock.seconds(
      piece.bars[Math.min(Math.max(bar, 0), last)]));
}

function faster(step) {
  const percent = Math.round(player.speed * 20) * 5 + step;
  player.setSpeed(Math.min(Math.max(percent, 25), 200) / 100);
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.('select, input[type=text]')) return;
  const inside = event.target.closest?.('button, a') ? 'button' :
      event.target.closest?.('input') ? 'input' : '';
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const step = event.shiftKey ? 4 : 1;
  const actions = {
    ' ': () => player.toggle(),
    ArrowLeft: () => bar(-step),
    ArrowRight: () => bar(step),
    ArrowUp: () => choose(at - 1),
    ArrowDown: () => choose(at + 1),
    Home: () => player.seek(0),
    End: () => player.seek(player.piece.seconds),
    '-': () => faster(-5),
    '+': () => faster(5),
    '=': () => faster(5),
    z: () => rolls.enlarge(1 / 1.5),
    x: () => rolls.enlarge(1.5),
    ',': () => player.setVolume(player.volume - 0.1),
    '.': () => player.setVolume(player.volume + 0.1),
    m: () => player.setMetronome(!player.metronome),
    l: focusLoop,
    b: switchPieces,
  };
  // Sliders and buttons keep the keys that operate them.
  if (inside === 'button' && event.key === ' ') return;
  if (inside === 'input' && event.key.length > 1) return;
  const name = event.key.length > 1 ? event.key : event.key.toLowerCase();
  let action = actions[name];
  if (digit === '0') {
    action = () => {
      player.muted.fill(false);
      player.soloed.fill(false);
      player.mixed();
    };
  } else if (digit) {
    const row = rolls.rows[digit - 1];
    action = () => {
      if (!row) return;
      event.shiftKey ? player.solo(row[1]) : player.mute(row[1]);
    };
  }
  // With one piece, arrows scroll the page.
  if (pieces.length < 2 && /Up|Down/.test(name)) return;
  if (!action || !pieces.length) return;
  event.preventDefault();
  action();
}
