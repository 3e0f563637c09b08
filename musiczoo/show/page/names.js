// Names that are shortened in the middle: the end of a path says most.

// A name in two parts: the first may be cut off, the last `tail` characters
// may not.
function split(name, tail) {
  const all = Array.from(name), from = Math.max(all.length - tail, 0);
  return [all.slice(0, from).join(''), all.slice(from).join('')];
}

// Fills an element with a name, which CSS shortens where room is missing.
function setName(element, name, tail = 16) {
  const [first, last] = split(name, tail).map((part) => make('span', part));
  first.className = 'cut';
  element.classList.add('name');
  element.title = name;
  element.replaceChildren(first, last);
  return element;
}

// A name of at most `most` characters, for where CSS cannot shorten.
function shortened(name, most) {
  const all = Array.from(name), tail = most >> 1;
  if (all.length <= most) return name;
  return all.slice(0, most - 1 - tail).join('') + '\u2026' +
      split(name, tail)[1];
}

// The name of a pitch, such as Db4, in the key that holds at a tick.
function pitchName({pitches}, pitch, tick) {
  let i = 0;
  while (pitches[i + 1]?.[0] <= tick) i++;
  const name = pitches[i][1].split(' ')[pitch % 12];
  const sharps = name.split('#').length - 1, flats = name.split('b').length - 1;
  // Cb4 sounds as B3.
  return name + (Math.floor((pitch - sharps + flats) / 12) - 1);
}
