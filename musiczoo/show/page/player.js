// Plays a piece: hands its notes to a Sound shortly before they begin.
const AHEAD = 0.2;  // Seconds before its onset that a note is handed over.
const AHEAD_HIDDEN = 1.5;  // Timers of hidden pages run once a second.

class Player {
  // changed: called whenever the page must be drawn again.
  constructor(timbres, changed) {
    this.timbres = timbres;
    this.changed = changed;
    this.speed = 1;
    this.volume = 1;
    this.metronome = false;
    this.playing = false;
    this.place = 0;  // Seconds into the piece where playing begins.
    this.loop = null;  // Seconds of its begin and end, and its ticks.
  }

  load(piece) {
    this.pause();
    this.piece = piece;
    this.place = 0;
    this.loop = null;
    this.clicks = beats(piece).map(
        ([tick, strong]) => ({begin: piece.clock.seconds(tick), strong}));
    this.muted = piece.tracks.map(() => false);
    this.soloed = piece.tracks.map(() => false);
    this.changed();
  }

  // Whether each track is audible, by its buttons and the others'.
  get audible() {
    const any = this.soloed.includes(true);
    return this.muted.map((m, i) => any ? this.soloed[i] : !m);
  }

  get position() {
    if (!this.playing) return this.place;
    const passed =
        (this.sound.context.currentTime - this.since) * this.speed;
    // The next turn of a loop is handed over while the last one sounds.
    if (passed < 0 && this.turned) {
      return Math.max(this.loop.end + passed, this.loop.begin);
    }
    const end = this.isLooping ? this.loop.end : this.piece.seconds;
    return Math.min(this.place + Math.max(passed, 0), end);
  }

  inLoop(second) {
    const {loop} = this;
    return loop !== null && loop.begin <= second && second < loop.end;
  }

  async play() {
    if (this.playing || this.starting) return;
    if (!this.sound) {
      this.sound = new Sound(new AudioContext(), this.timbres);
      this.sound.setVolume(this.volume);
    }
    // Browsers allow sound only after a key or button is pressed.
    this.starting = true;
    await this.sound.context.resume();
    if (!this.starting) return;  // Paused meanwhile.
    this.starting = false;
    if (this.loop && !this.inLoop(this.place)) this.place = this.loop.begin;
    else if (!this.loop && this.place >= this.piece.seconds) this.place = 0;
    this.begin();
    this.timer = setInterval(() => this.fill(), 25);
    this.changed();
  }

  pause() {
    this.starting = false;
    if (!this.playing) return;
    this.place = this.position;
    this.playing = false;
    clearInterval(this.timer);
    this.sound.stop();
    this.changed();
  }

  toggle() {
    if (this.playing || this.starting) this.pause();
    else this.play();
  }

  seek(second) {
    this.place = Math.min(Math.max(second, 0), this.piece.seconds);
    if (this.playing) this.begin();
    this.changed();
  }

  setSpeed(speed) {
    const place = this.position;
    this.speed = speed;
    this.seek(place);
  }

  setVolume(volume) {
    this.volume = Math.min(Math.max(volume, 0), 1);
    this.sound?.setVolume(this.volume);
    this.changed();
  }

  setMetronome(on) {
    this.metronome = on;
    this.changed();
  }

  // Repeats what lies between two ticks, or with null nothing.
  setLoop(ticks) {
    const place = this.position;
    const [begin, end] = (ticks ?? []).map((t) => this.piece.clock.seconds(t));
    this.loop = ticks && {begin, end, ticks};
    this.seek(!this.loop || this.inLoop(place) ? place : begin);
  }

  mute(tracks) {
    this.flip(this.muted, tracks);
  }

  solo(tracks) {
    this.flip(this.soloed, tracks);
  }

  // Sets the flags of some tracks; clears them where all are set.
  flip(flags, tracks) {
    const on = !tracks.every((i) => flags[i]);
    for (const i of tracks) flags[i] = on;
    this.mixed();
  }

  mixed() {
    this.sound?.mix(this.audible);
    this.changed();
  }

  // Plays on from `place`.
  begin() {
    const {sound, piece} = this;
    sound.stop();
    sound.begin(piece.tracks);
    this.audible.forEach((audible, i) => {
      sound.lines[i].gain.value = audible ? 1 : 0;
    });
    this.playing = true;
    this.turned = false;
    this.start(this.place, sound.context.currentTime + 0.05);
    this.fill();
  }

  // Lets a place of the piece sound at an audio time.
  start(place, since) {
    const {clicks, piece} = this;
    this.place = place;
    this.since = since;
    this.isLooping = this.inLoop(place);
    this.nextClick = clicks.findIndex(({begin}) => begin >= place - 1e-6);
    if (this.nextClick < 0) this.nextClick = clicks.length;
    this.next = 0;
    while (this.next < piece.notes.length &&
           piece.notes[this.next].begin < place) {
      const note = piece.notes[this.next++];
      // Notes that sound at `place` go on, but for drums and those that end.
      if (note.end > place + 0.05 && !piece.tracks[note.track].drums) {
        this.hand(note, place);
      }
    }
  }

  // Hands over what begins soon.
  fill() {
    const {piece, sound, speed} = this;
    const ahead = document.hidden ? AHEAD_HIDDEN : AHEAD;
    const time = sound.context.currentTime + ahead;
    const until = () => this.place + (time - this.since) * speed;
    while (this.isLooping && until() >= this.loop.end) {
      this.handAll(this.loop.end);
      this.turned = true;
      this.start(this.loop.begin, this.audioTime(this.loop.end));
    }
    this.handAll(until());
    if (!this.isLooping && this.position >= piece.seconds) this.pause();
  }

  // Hands over the notes and clicks before a second of the piece.
  handAll(until) {
    const {clicks, piece, sound} = this;
    while (piece.notes[this.next]?.begin < until) {
      const note = piece.notes[this.next++];
      this.hand(note, note.begin);
    }
    while (clicks[this.nextClick]?.begin < until) {
      const {begin, strong} = clicks[this.nextClick++];
      if (this.metronome) sound.click(this.audioTime(begin), strong);
    }
  }

  audioTime(second) {
    return this.since + (second - this.place) / this.speed;
  }

  hand(note, from) {
    const end = this.isLooping ? Math.min(note.end, this.loop.end) : note.end;
    this.sound.play(
        this.piece.tracks[note.track], note.track, note.pitch, note.velocity,
        Math.max(this.audioTime(from), this.sound.context.currentTime),
        (end - from) / this.speed);
  }
}
