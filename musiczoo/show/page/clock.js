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

// [tick, whether it is the first of its bar] of each beat of a piece. A pick-up
// is counted to its end, and has no first beat.
function beats({bars, meters}) {
  const found = [];
  let meter = 0;
  for (let i = 0; i + 1 < bars.length; i++) {
    const [start, end, next] = bars.slice(i, i + 3);
    const isPickup = i === 0 && end - start < next - end;
    const from = isPickup ? end : start;
    while (meters[meter + 1]?.[0] <= from) meter++;
    const beat = meters[meter][1];
    let tick = isPickup ? end - Math.floor((end - start) / beat) * beat : start;
    for (let first = !isPickup; tick < end; tick += beat, first = false) {
      found.push([tick, first]);
    }
  }
  return found;
}
