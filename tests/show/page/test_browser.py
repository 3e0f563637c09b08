"""The page in a real browser: it plays, seeks, mutes, shows scores and marks,
and names stay text.
"""

import time

import numpy as np
import pytest

from musiczoo.music.score import Score, Track
from musiczoo.show import page
from tests.show.page import browser

pytestmark = pytest.mark.skipif(
  not (browser.DRIVER and browser.CHROMIUM),
  reason='there is no browser: install chromium and chromedriver',
)
EVIL = '<script>alert(1)</script>'
SHIFT, LEFT, RIGHT, DOWN, END = '\ue008', '\ue012', '\ue014', '\ue015', '\ue010'
# Twenty bars of 4/4 at 120, forty seconds; from bar 11 on at 60.
NOTES = [
  (8 * i, 8, p, 127, track)
  for i in range(40)
  for track, p in enumerate((60 + i % 12, 36))
]
SONG = Score(
  np.array(NOTES, np.int32),
  (Track(52, name=EVIL), Track(0, drums=True)),
  tempi=np.array([(0, 500_000), (160, 1_000_000)], np.int32),
  resolution=4,
)
MANY = Score(
  np.array([(0, 40, 30 + i, 127, i % 20) for i in range(80)], np.int32),
  tuple(Track(6 * i) for i in range(20)),
  resolution=4,
)
# How loud the page is: RMS of what goes to the loudspeakers now.
LEVEL = """
const {sound} = player;
window.meter ||= sound.context.createAnalyser();
sound.out.connect(meter);
const samples = new Float32Array(meter.fftSize);
meter.getFloatTimeDomainData(samples);
return Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
"""


@pytest.fixture(scope='module')
def session(tmp_path_factory):
  with browser.browser(tmp_path_factory.mktemp('profile')) as session:
    yield session


@pytest.fixture
def opened(session, tmp_path):
  """A session with the page open, and nothing in its log afterwards."""
  path = tmp_path / 'page.html'
  path.write_text(
    page.html(
      'Test',
      [
        page.Group(
          'New', [page.Piece(EVIL, SONG, {'nats': 0.5})], {'all': 7.0}
        ),
        page.Group('Real', [page.Piece('b.mid', MANY, {'nats': 0.25})]),
      ],
    )
  )
  session.log()
  session.resize(1280, 800)
  session.open(path)
  yield session
  assert session.log() == []


def loud(session, seconds=0.5):
  """The loudest of a while."""
  most, end = 0, time.monotonic() + seconds
  while time.monotonic() < end:
    most = max(most, session.run(LEVEL))
  return most


def test_play_pause_seek_and_tempo(opened):
  assert not opened.run('return player.playing')
  opened.press(' ')
  opened.wait('player.position > 0.3')
  clock = opened.run('return player.sound.context.currentTime')
  opened.wait(f'player.sound.context.currentTime > {clock}')
  assert opened.run('return document.querySelector("#seek").value > 0')
  opened.wait('document.querySelector("#play").innerText == "Pause"')
  assert loud(opened) > 0.01
  opened.press(' ')
  place = opened.wait('!player.playing && player.position')
  time.sleep(0.4)
  assert opened.run('return player.position') == place
  assert opened.run(LEVEL) < 0.01
  # Two seconds a bar, then four.
  opened.run("""
      const slider = document.querySelector('#seek');
      slider.value = 4.5;
      slider.dispatchEvent(new Event('input'));
  """)
  assert opened.run('return player.position') == 4.5
  opened.press(LEFT)
  assert opened.run('return player.position') == 4
  opened.press(RIGHT, modifier=SHIFT)
  assert opened.run('return player.position') == 12
  opened.run('player.seek(24)')
  opened.wait('document.querySelector("#bpm").innerText == "60 bpm"')
  opened.press('-')
  opened.wait('document.querySelector("#bpm").innerText == "57 bpm, 95 %"')
  # From one tempo to the other: 0.4 s of the one, then half as fast.
  opened.run('player.setSpeed(2); player.seek(19)')
  opened.press(' ')
  opened.wait('player.position > 20')
  opened.press(END)
  opened.wait('!player.playing && player.position == player.piece.seconds')


def test_a_press_and_a_drag_in_the_roll_seek(opened):
  box = opened.run("""
      const roll = document.querySelectorAll("canvas")[1];
      const box = roll.getBoundingClientRect();
      return [box.left, box.top];
  """)
  left, top = box

  def at(x):
    return {'type': 'pointerMove', 'x': round(left + x), 'y': round(top + 20)}

  down, up = ({'type': f'pointer{t}', 'button': 0} for t in ('Down', 'Up'))
  opened.touch(at(100), down, up)
  # A quarter is 40 pixels and half a second.
  assert opened.run('return player.position') == pytest.approx(1.25, abs=0.03)
  opened.touch(at(100), down, at(200), at(400), up)
  assert opened.run('return player.position') == pytest.approx(5, abs=0.03)


def test_mute_and_solo(opened):
  audible = 'return player.audible'
  opened.press('1')
  assert opened.run(audible) == [False, True]
  opened.press('2')
  opened.press(' ')
  opened.wait('player.position > 0.3')
  assert loud(opened) < 1e-3
  opened.run('document.querySelector("[aria-label^=Solo]").click()')
  assert opened.run(audible) == [True, False]
  assert loud(opened) > 0.01
  pressed = (
    '[...document.querySelectorAll(".strip button")].map('
    'b => b.getAttribute("aria-pressed")).join()'
  )
  opened.wait(f'{pressed} == "true,true,true,false"')
  opened.press('1', modifier=SHIFT)
  assert opened.run(audible) == [False, False]
  opened.wait(f'(() => {{ {LEVEL} }})() < 1e-3')  # Also while it plays.
  opened.press('0')
  assert opened.run(audible) == [True, True]
  opened.press('2', modifier=SHIFT)
  assert opened.run(audible) == [False, True]


def test_names_stay_text_and_numbers_stand_side_by_side(opened):
  # The list, the title, the track.
  for place in 'nav button', '#name', '.strip .name':
    text = f'return document.querySelector({place!r}).textContent'
    assert opened.run(text) == EVIL
  assert opened.run('return document.scripts.length') == 2
  rows = opened.run("""return [...document.querySelectorAll('#numbers tr')].map(
      row => [...row.cells].map(cell => cell.innerText))""")
  assert rows == [
    ['', 'this piece', 'New', 'Real'],
    ['Other numbers'],
    ['all', '', '7', ''],
    ['Likelihood'],
    ['nats', '0.500', '0.500', '0.250'],
  ]


def test_another_piece_and_its_file(opened):
  opened.press(DOWN)
  assert opened.run('return player.piece.name') == 'b.mid'
  opened.run("""
      window.done = null;
      const link = document.querySelector('#download');
      window.named = link.download;
      const bytes = atob(player.piece.midi);
      window.done = link.href.startsWith('blob:') && bytes.slice(0, 4);
  """)
  assert opened.run('return [named, done]') == ['b.mid', 'MThd']
  opened.press(DOWN)
  assert opened.run('return player.piece.name') == EVIL


def test_a_crowd_is_loud_but_never_cut(opened):
  """All voices at once, rendered off line by the page's own synth."""
  opened.run("""
      window.peak = null;
      document.querySelectorAll('nav button')[1].click();
      const context = new OfflineAudioContext(2, 44100 * 2, 44100);
      const own = new window.Sound(context, player.timbres);
      own.begin(player.piece.tracks);
      for (const note of player.piece.notes) {
        own.play(player.piece.tracks[note.track], note.track, note.pitch,
            note.velocity, note.begin, note.end - note.begin);
      }
      context.startRendering().then((sound) => {
        const samples = [...sound.getChannelData(0)].map(Math.abs);
        window.peak = samples.reduce((a, b) => Math.max(a, b), 0);
        window.flat = samples.filter((s) => s > peak - 1e-4).length;
      });
  """)
  assert 0.3 < opened.wait('peak') < 0.95
  assert opened.run('return flat') < 10


def test_the_volume_and_its_keys(opened):
  opened.press(' ')
  opened.wait('player.position > 0.3')
  assert loud(opened) > 0.01
  opened.run("""
      const slider = document.querySelector('#volume');
      slider.value = 0;
      slider.dispatchEvent(new Event('input'));
  """)
  opened.wait(f'(() => {{ {LEVEL} }})() < 1e-3')
  opened.press('.', '.')
  assert opened.run('return player.volume') == pytest.approx(0.2)
  opened.wait(
    'document.querySelector("#volume").getAttribute("aria-valuetext") == "20 %"'
  )
  opened.press(' ', ',', ',', ',')
  assert opened.run('return player.volume') == 0


def test_the_metronome_clicks_on_the_beats(opened):
  opened.run("""
      window.clicks = [];
      const play = window.Sound.prototype.click;
      window.Sound.prototype.click = function(when, strong) {
        clicks.push([(when - player.since) * player.speed + player.place,
            strong]);
        play.call(this, when, strong);
      };
      player.mute([0, 1]);
      player.setSpeed(2);
      player.seek(0.9);
  """)
  opened.press('m', ' ')
  pressed = 'document.querySelector("#metronome").ariaPressed'
  opened.wait(f'{pressed} == "true"')
  assert loud(opened) > 0.01
  opened.wait('clicks.length > 3')
  # Quarters at 120, in bars of two seconds.
  clicks = opened.run('return clicks.slice(0, 4)')
  assert [strong for _, strong in clicks] == [False, False, True, False]
  assert [c for c, _ in clicks] == pytest.approx([1, 1.5, 2, 2.5])
  opened.press('m')
  opened.wait(f'{pressed} == "false"')
  opened.wait(f'(() => {{ {LEVEL} }})() < 1e-3')


def test_a_loop_of_bars(opened):
  opened.press('l', *'2:2', '\ue007')
  assert opened.run('return player.loop.ticks') == [16, 32]
  assert opened.run('return player.position') == 2
  opened.run("""
      window.seen = [];
      setInterval(() => seen.push(player.position), 10);
      player.setSpeed(2);
  """)
  opened.press(' ')
  opened.wait('player.position > 3.5')
  opened.wait('player.position < 2.5')
  opened.wait('player.position > 3.5')
  low, high = opened.run('return [Math.min(...seen), Math.max(...seen)]')
  assert 2 <= low < 2.2 and 3.8 < high <= 4
  # Without its text the music goes on.
  opened.press('l', '\ue017', '\ue007')
  opened.wait('player.position > 4.2')
  opened.press(' ', 'l', *'9:30', '\ue007')
  error = 'return document.querySelector("#loop-error").textContent'
  assert opened.run(error) == 'Give bars from 1 to 20, first:last.'
  assert opened.run('return player.loop') is None
  invalid = 'return document.querySelector("#loop").ariaInvalid'
  assert opened.run(invalid) == 'true'
  opened.press('l', *'20', '\ue007')
  assert opened.run(error) == ''
  assert opened.run('return player.position') == 56


def test_two_pieces_are_compared_at_one_place(opened):
  shown = 'return [player.piece.name, player.position]'
  opened.run('player.seek(3)')
  opened.press('b')
  assert opened.run(shown) == ['b.mid', 3]
  switch = 'document.querySelector("#switch")'
  opened.wait(f'{switch}.textContent == "Switch to A"')
  opened.press(' ')
  opened.wait('player.playing && player.position > 3.1')
  opened.run(f'{switch}.click()')
  opened.wait('player.playing')
  name, position = opened.run(shown)
  assert name == EVIL and 3.1 < position < 5
  opened.press(' ')
  # The other's loop has the same bars; B is chosen from a list.
  opened.press('l', *'1:2', '\ue007')
  opened.press('1')
  opened.run("""
      const list = document.querySelector('#b');
      list.value = 0;
      list.dispatchEvent(new Event('change'));
  """)
  assert opened.run('return player.piece.name') == EVIL
  assert opened.run('return player.loop.ticks') == [0, 32]
  assert opened.run('return player.muted') == [True, False]


def test_all_controls_have_names(opened):
  unnamed = opened.run("""return [...document.querySelectorAll(
      'button, input, select, a, section, [role=group]')].filter(e =>
      !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).map(
      e => e.outerHTML)""")
  assert unnamed == []


def test_many_tracks_are_grouped_and_folded(opened):
  opened.press(DOWN)
  seen = "[...document.querySelectorAll('.strip')].filter(s => s.clientHeight)"
  opened.wait('player.piece.tracks.length == 20')
  families = len({t.program // 8 for t in MANY.tracks})
  assert opened.run(f'return {seen}.length') == 1 + families
  tall = 'document.querySelector("#tracks").clientHeight'
  assert opened.run(f'return {tall} <= 0.7 * innerHeight + 2')
  fold = 'document.querySelector(".fold")'
  assert opened.run(f'return {fold}.textContent') == 'piano (2)'
  opened.run(f'{fold}.click()')
  assert opened.run(f'return {seen}.length') == 3 + families
  assert opened.run(f'return {fold}.getAttribute("aria-expanded")') == 'true'
  # A roll that was folded is drawn: some of its pixels are set.
  drawn = (
    'document.querySelectorAll("canvas")[2].getContext("2d")'
    '.getImageData(0, 0, 200, 30).data.some(Boolean)'
  )
  opened.wait(drawn)
  opened.press('1')
  assert opened.run('return player.muted.indexOf(false)') == 2
  mutes = '[...document.querySelectorAll("[aria-label^=Mute]")]'
  opened.wait(f'{mutes}.slice(0, 3).every(b => b.ariaPressed == "true")')
  opened.run(f'{mutes}[1].click()')
  assert opened.run('return player.muted.slice(0, 2)') == [False, True]
  opened.press('1')
  opened.press('1', modifier=SHIFT)
  assert opened.run('return player.audible.lastIndexOf(true)') == 1
  opened.resize(390, 844, phone=True)
  wide = 'document.documentElement.scrollWidth'
  opened.wait(f'{wide} <= 390')
  opened.wait(f'{tall} <= 0.7 * innerHeight + 2')


@pytest.mark.parametrize('width', [1280, 390])
def test_long_names_are_cut_in_the_middle(session, tmp_path, width):
  names = [f'{"folder/" * 20}{name}.mid' for name in ('one', 'a second one')]
  pieces = [page.Piece(name, SONG) for name in [*names, 'short.mid']]
  path = tmp_path / 'page.html'
  path.write_text(page.html('Test', [page.Group('New', pieces)]))
  session.resize(width, 800, phone=width < 720)
  session.open(path)
  shown = session.run("""return [...document.querySelectorAll('nav button')].map(
      (button) => {
        const [head, tail] = button.children;
        const [a, b] = [button, tail].map(e => e.getBoundingClientRect());
        return [button.title, button.textContent, tail.textContent,
            head.scrollWidth > head.clientWidth, b.right <= a.right];
      })""")
  ends = [name[-16:] for name in [*names, 'short.mid']]
  assert shown == [
    [piece.name, piece.name, end, len(piece.name) > 20, True]
    for piece, end in zip(pieces, ends)
  ]


def test_a_phone(opened):
  opened.resize(390, 844, phone=True)
  opened.wait('document.documentElement.scrollWidth <= 390')
  wide = opened.run("""
      const all = [...document.querySelectorAll('main button, canvas, a')];
      return all.map(e => e.getBoundingClientRect()).filter(b => b.width &&
      (b.left < 0 || b.right > 391)).length""")
  assert wide == 0


@pytest.fixture
def score(session, tmp_path):
  """A session with notation of a piece with a name to escape and a mark."""
  pytest.importorskip('verovio', reason='the extra notation is missing')
  path = tmp_path / 'score.html'
  piece = page.Piece('a.mid', SONG, {}, [('crossings', 136, (0, 1))])
  crowd = page.Piece('b.mid', MANY)
  path.write_text(page.html('Test', [page.Group('New', [piece, crowd])]))
  session.log()
  session.resize(1280, 800)
  session.open(path)
  session.wait('notation.systems.length')
  yield session
  assert session.log() == []


def test_a_score_fills_the_width_and_moves_with_the_music(score):
  systems = score.run('return notation.systems.length')
  assert systems >= 2
  right, wide = score.run("""
      const staff = notation.systems[0].svg.querySelector('.staff').getBBox();
      return [staff.x + staff.width, notation.wide];
  """)
  assert right == pytest.approx(wide, abs=8)
  assert score.run('return document.querySelector("#score").scrollTop') == 0
  names = score.run("""return [...document.querySelectorAll('#score .part')].map(
      name => [...name.childNodes].map(node => node.textContent))""")
  assert names == [[EVIL[:7] + '\u2026' + EVIL[-8:], EVIL], ['drums'] * 2]
  score.resize(500, 700)
  score.wait(f'notation.systems.length > {systems}')
  score.run('player.seek(41)')
  score.wait('notation.at > 1')
  score.wait('document.querySelector("#score").scrollTop > 50')
  sounding = 'document.querySelectorAll("#score .sounds").length'
  score.wait(f'{sounding} == 2')
  before = score.run('return document.querySelector(".here").x1.baseVal.value')
  score.press(' ')
  score.wait('player.position > 42.5')
  after = score.run('return document.querySelector(".here").x1.baseVal.value')
  assert after > before


def test_a_click_in_the_score_seeks(score):
  # The note at tick 64: eight seconds in.
  x, y = score.run("""
      const note = notation.notes.find(n => n.start === 64 * 12);
      note.svg.scrollIntoView({block: 'center'});
      const box = note.group.getBoundingClientRect();
      return [box.left + 1, box.top + 4];
  """)
  move = {'type': 'pointerMove', 'x': round(x), 'y': round(y)}
  down, up = ({'type': f'pointer{t}', 'button': 0} for t in ('Down', 'Up'))
  score.touch(move, down, up)
  assert score.run('return player.position') == pytest.approx(8, abs=0.1)


def test_marks_are_rings_and_a_list(score):
  assert (
    score.run('return document.querySelectorAll(".mark ellipse").length') == 2
  )
  score.run('document.querySelector("#marks button").click()')
  assert score.run('return player.position') == 17
  text = score.run('return document.querySelector("#marks").innerText')
  assert text == f'bar 9: crossings, {EVIL} F4, drums'


def test_tooltips_name_notes_as_the_key_spells_them(session, tmp_path):
  flat = SONG._replace(keys=np.array([(0, -5, 0)], np.int32))
  path = tmp_path / 'page.html'
  pieces = [page.Piece('a.mid', flat)]
  path.write_text(page.html('Test', [page.Group('New', pieces)]))
  session.resize(1280, 800)
  session.open(path)
  title = 'document.querySelector(".strip .name").title'
  assert session.run(f'return {title}').endswith('40 notes, C4 to Cb5')
  # The second note, of the ninth tick, where the pointer is.
  hovered = session.run("""
      const canvas = document.querySelectorAll('canvas')[1];
      const [, {low, high}] = rolls.strips;
      const row = canvas.clientHeight / (high - low + 1);
      const box = canvas.getBoundingClientRect();
      const at = (tick, pitch) => {
        canvas.dispatchEvent(new PointerEvent('pointermove', {
          clientX: box.left + 1 + tick * rolls.scale(),
          clientY: box.top + (high - pitch + 0.5) * row,
        }));
        return canvas.title;
      };
      return [at(9, 61), at(9, 72), at(90, 71)];
  """)
  assert hovered == [f'{EVIL} Db4, bar 1', 'bar 1', f'{EVIL} Cb5, bar 6']


def test_a_score_on_a_phone_and_a_crowd_without(score):
  systems = score.run('return notation.systems.length')
  score.resize(390, 844, phone=True)
  score.wait(f'notation.systems.length > {systems}')
  assert score.run("""return [...document.querySelectorAll('#score svg')].every(
      svg => svg.getBoundingClientRect().right <= 390)""")
  score.press(DOWN)
  score.wait('document.querySelector("#score").hidden')
  assert score.run('return document.querySelector("#marks").hidden')
  score.press(DOWN)
  score.wait('notation.systems.length')
