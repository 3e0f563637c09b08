// Plays a piece: hands its notes to a Sound shortly before they begin.
const AHEAD = 0.2;  // Seconds before its onset that a note is handed over.
const AHEAD_HIDDEN = 1.5;  // Timers of hidden pages run once a second.

class Player {
  // changed: called whenever the page must be drawn again.
  constructor(timbres, changed) {
    this.timbres = timbres;
    this.changed = changed;
    this.speed = 1;
    this.playing = false;
    this.place = 0;  // Seconds into the piece where playing begins.
  }

  load(piece) {
    this.pause();
    this.piece = piece;
    this.place = 0;
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
    const passed = this.sound.context.currentTime - this.since;
    return Math.min(
        this.place + Math.max(passed, 0) * this.speed, this.piece.seconds);
  }

  async play() {
    if (this.playing || this.starting) return;
    this.sound ||= new Sound(new AudioContext(), this.timbres);
    // Browsers allow sound only after a key or button is pressed.
    this.starting = true;
    await this.sound.context.resume();
    if (!this.starting) return;  // Paused meanwhile.
    this.starting = false;
    if (this.place >= this.piece.seconds) this.place = 0;
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
    const {sound, piece, place} = this;
    sound.stop();
    sound.begin(piece.tracks);
    this.audible.forEach((audible, i) => {
      sound.lines[i].gain.value = audible ? 1 : 0;
    });
    this.playing = true;
    this.since = sound.context.currentTime + 0.05;
    this.next = 0;
    while (this.next < piece.notes.length &&
           piece.notes[this.next].begin < place) {
      const note = piece.notes[this.next++];
      // Notes that sound at `place` go on, but for drums and those that end.
      if (note.end > place + 0.05 && !piece.tracks[note.track].drums) {
        this.hand(note, place);
      }
    }
    this.fill();
  }

  // Hands over what begins soon.
  fill() {
    const {piece, sound} = this;
    const ahead = document.hidden ? AHEAD_HIDDEN : AHEAD;
    const until = this.place +
        (sound.context.currentTime + ahead - this.since) * this.speed;
    while (this.next < piece.notes.length &&
           piece.notes[this.next].begin < until) {
      const note = piece.notes[this.next++];
      this.hand(note, note.begin);
    }
    if (this.position >= piece.seconds) this.pause();
  }

  hand(note, from) {
    const when = this.since + (from - this.place) / this.speed;
    this.sound.play(
        this.piece.tracks[note.track], note.track, note.pitch, note.velocity,
        Math.max(when, this.sound.context.currentTime),
        (note.end - from) / this.speed);
  }
}
