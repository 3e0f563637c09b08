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
  const shown = [piece, ...groups];
  const has = ([name]) => shown.some(({numbers}) => name in numbers);
  section.replaceChildren();
  const table = make('table'), head = make('thead');
  table.append(head);
  const title = (text, scope) => Object.assign(make('th', text), {scope});
  const line = (into, ...cells) => {
    const row = make('tr');
    row.append(...cells);
    into.append(row);
  };
  line(head, make('td'), title('this piece', 'col'),
      ...groups.map((group) => title(group.name, 'col')));
  for (const [heading, rows] of book.rows) {
    const some = rows.filter(has), body = make('tbody');
    if (!some.length) continue;
    const over = title(heading, 'rowgroup');
    over.colSpan = 1 + shown.length;
    line(body, over);
    for (const [name, label] of some) {
      line(body, title(label, 'row'), ...shown.map(
          ({numbers}) => make('td', number(numbers[name]))));
    }
    table.append(body);
  }
  section.hidden = !table.tBodies.length;
  section.append(table);
}
