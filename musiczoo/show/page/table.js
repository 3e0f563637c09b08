// The table of numbers of pieces and groups.
function number(value) {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) < 10 ? 3 : 1);
}

// Shows the piece's numbers beside those of each group.
function showNumbers(piece) {
  const section = find('numbers');
  const groups = pieces.length < 2 ? [] :
      book.groups.filter((group) => Object.keys(group.numbers).length);
  const names = new Set(Object.keys(piece.numbers));
  for (const group of groups) {
    Object.keys(group.numbers).forEach((name) => names.add(name));
  }
  section.replaceChildren();
  section.hidden = !names.size;
  const table = make('table'), head = make('thead'), body = make('tbody');
  const title = (text, scope) => Object.assign(make('th', text), {scope});
  const line = (into, ...cells) => {
    const row = make('tr');
    row.append(...cells);
    into.append(row);
  };
  line(head, make('td'), title('this piece', 'col'),
      ...groups.map((group) => title(group.name, 'col')));
  for (const name of names) {
    line(body, title(name, 'row'), ...[piece, ...groups].map(
        ({numbers}) => make('td', number(numbers[name]))));
  }
  table.append(head, body);
  section.append(table);
}
