// Conversion of ticks and seconds, by the tempi of a piece.
class Clock {
  constructor(tempi, resolution) {
    let tick = 0, second = 0, rate = 0.5 / resolution;  // 120, MIDI's default.
    this.parts = [{tick, second, rate}];
    for (const [next, microseconds] of tempi) {
      second += (next - tick) * rate;
      tick = next;
      rate = microseconds / 1e6 / resolution;
      this.parts.push({tick, second, rate});
    }
    this.resolution = resolution;
  }

  // The last part that begins at `value` or before, by `field`.
  part(field, value) {
    let low = 0, high = this.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.parts[middle][field] <= value) low = middle;
      else high = middle - 1;
    }
    return this.parts[low];
  }

  seconds(tick) {
    const part = this.part('tick', tick);
    return part.second + (tick - part.tick) * part.rate;
  }

  tick(second) {
    const part = this.part('second', second);
    return part.tick + (second - part.second) / part.rate;
  }

  // Quarter notes a minute.
  tempo(second) {
    return 60 / (this.part('second', second).rate * this.resolution);
  }
}
