// A synthesizer with the Web Audio API and the timbres of musiczoo.show.sound.
const MOST_VOICES = 128;  // At once; more would overload a phone.

class Sound {
  // context: an AudioContext, or an OfflineAudioContext.
  constructor(context, timbres) {
    this.context = context;
    this.timbres = timbres;
    this.waves = new Map();
    this.voices = 0;
    this.master = context.createGain();
    this.master.gain.value = 0.5;
    const limiter = context.createDynamicsCompressor();
    limiter.threshold.value = -12;
    limiter.ratio.value = 12;
    limiter.attack.value = 0.003;
    limiter.release.value = 0.2;
    // Soft clipping of peaks that pass the limiter, to four times full scale.
    const quarter = context.createGain();
    quarter.gain.value = 1 / 4;
    const bend = context.createWaveShaper();
    bend.curve = Float32Array.from(
        {length: 4097}, (_, i) => 0.95 * Math.tanh(4 * (i / 2048 - 1)));
    const room = context.createConvolver();
    room.buffer = this.makeRoom();
    const wet = context.createGain();
    wet.gain.value = 0.16;
    this.master.connect(limiter);
    this.master.connect(room).connect(wet).connect(limiter);
    this.out = context.createGain();  // The volume.
    limiter.connect(quarter).connect(bend).connect(this.out);
    this.out.connect(context.destination);
    this.noise = this.makeNoise(1, 1);
  }

  makeNoise(channels, seconds) {
    const rate = this.context.sampleRate;
    const buffer = this.context.createBuffer(channels, rate * seconds, rate);
    let seed = 1;
    for (let c = 0; c < channels; c++) {
      const samples = buffer.getChannelData(c);
      for (let i = 0; i < samples.length; i++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        samples[i] = seed / 2 ** 31 - 1;
      }
    }
    return buffer;
  }

  makeRoom() {
    const buffer = this.makeNoise(2, 1.2);
    for (const c of [0, 1]) {
      const samples = buffer.getChannelData(c);
      for (let i = 0; i < samples.length; i++) {
        samples[i] *= Math.exp(-5 * i / samples.length);
      }
    }
    return buffer;
  }

  // Adds a channel for each track of a piece, until `stop`.
  begin(tracks) {
    const {context} = this;
    const bus = context.createGain();
    bus.connect(this.master);
    this.bus = bus;
    this.lines = tracks.map(({place}) => {
      const line = context.createGain();
      const pan = context.createStereoPanner();
      pan.pan.value = place;
      line.connect(pan).connect(bus);
      return line;
    });
  }

  // Stops all notes, also those that were handed over for later.
  stop() {
    const {bus, context} = this;
    if (!bus) return;
    this.bus = this.lines = null;
    bus.gain.setTargetAtTime(0, context.currentTime, 0.015);
    setTimeout(() => bus.disconnect(), 200);
  }

  mix(audible) {
    if (!this.lines) return;
    this.lines.forEach((line, i) => line.gain.setTargetAtTime(
        audible[i] ? 1 : 0, this.context.currentTime, 0.01));
  }

  // volume: 0 to 1; the square sounds even to the ear.
  setVolume(volume) {
    this.out.gain.setTargetAtTime(
        volume ** 2, this.context.currentTime, 0.01);
  }

  // A click of the metronome.
  click(when, strong) {
    const gain = this.context.createGain();
    const source = this.context.createOscillator();
    source.frequency.value = strong ? 1760 : 1175;
    gain.gain.setValueAtTime(0.8, when);
    gain.gain.setTargetAtTime(0, when, 0.015);
    source.connect(gain).connect(this.bus);
    source.start(when);
    source.stop(when + 0.1);
    source.onended = () => gain.disconnect();
  }

  wave(program) {
    const family = program >> 3;
    if (!this.waves.has(family)) {
      const harmonics = this.timbres.families[family].harmonics;
      const sines = Float32Array.from([0, ...harmonics]);
      this.waves.set(family, this.context.createPeriodicWave(
          new Float32Array(sines.length), sines));
    }
    return this.waves.get(family);
  }

  // Plays a note of a track, `held` seconds from audio time `when` on.
  play(track, index, pitch, velocity, when, held) {
    if (this.voices >= MOST_VOICES) return;
    const gain = this.context.createGain();
    gain.connect(this.lines[index]);
    const loud = (velocity / 127) ** 1.5;
    const sources = track.drums ?
        this.drum(gain, pitch, loud, when) :
        this.note(gain, track.program, pitch, loud, when, held);
    this.voices++;
    sources[0].onended = () => {
      this.voices--;
      gain.disconnect();
    };
  }

  note(gain, program, pitch, loud, when, held) {
    const timbre = this.timbres.families[program >> 3];
    const level = loud * timbre.level;
    const attack = Math.min(timbre.attack, held);
    gain.gain.setValueAtTime(0, when);
    gain.gain.linearRampToValueAtTime(level, when + attack);
    gain.gain.setTargetAtTime(
        level * timbre.sustain, when + attack, timbre.decay);
    gain.gain.setTargetAtTime(0, when + held, timbre.release / 4);
    const each = timbre.detune ? [timbre.detune / 2, -timbre.detune / 2] : [0];
    return each.map((cents) => {
      const source = this.context.createOscillator();
      source.setPeriodicWave(this.wave(program));
      source.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
      source.detune.value = cents;
      const half = this.context.createGain();
      half.gain.value = 1 / each.length;
      source.connect(half).connect(gain);
      source.start(when);
      source.stop(when + held + 1.5 * timbre.release);
      return source;
    });
  }

  drum(gain, pitch, loud, when) {
    const {context} = this;
    const drum = this.timbres.drums[pitch] || this.timbres.other;
    const stop = when + 6 * drum.decay;
    gain.gain.setValueAtTime(loud, when);
    gain.gain.setTargetAtTime(0, when, drum.decay);
    const sources = [];
    if (drum.noise) {
      const source = context.createBufferSource();
      source.buffer = this.noise;
      source.loop = true;
      const bright = context.createBiquadFilter();
      bright.type = 'highpass';
      bright.frequency.value = drum.bright;
      const level = context.createGain();
      level.gain.value = drum.noise;
      source.connect(bright).connect(level).connect(gain);
      sources.push(source);
    }
    if (drum.body) {
      const source = context.createOscillator();
      source.frequency.setValueAtTime(drum.tone, when);
      source.frequency.setTargetAtTime(drum.bend, when, drum.decay / 3);
      const level = context.createGain();
      level.gain.value = drum.body;
      source.connect(level).connect(gain);
      sources.push(source);
    }
    for (const source of sources) {
      source.start(when);
      source.stop(stop);
    }
    return sources;
  }
}
