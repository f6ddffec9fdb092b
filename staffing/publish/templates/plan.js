(function () {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const chooser = document.getElementById("pool");
  const coverage = read("seats");
  const step = coverage.interval_min / 60;

  function clock(hour) {
    const minutes = Math.round(hour * 60);
    const shown = minutes > 1440 ? minutes - 1440 : minutes;
    const two = (n) => String(n).padStart(2, "0");
    return two(Math.floor(shown / 60)) + ":" + two(shown % 60);
  }

  function record(row) {
    const [day, slot, required, rostered, uncovered, contacts] = row;
    const hour = slot * step;
    return {
      day: coverage.days[day], hour: hour, end: hour + step,
      time: clock(hour) + "-" + clock(hour + step),
      required: required, rostered: rostered, uncovered: uncovered,
      floor: required - uncovered, contacts: contacts
    };
  }

  // A step needs a point where the last half hour of a day ends.
  function records(rows) {
    const found = [];
    rows.forEach((row, i) => {
      const now = record(row);
      found.push(now);
      if (i + 1 === rows.length || rows[i + 1][0] !== row[0]) {
        found.push(Object.assign({}, now, { hour: now.end }));
      }
    });
    return found;
  }

  const rows = () => records(coverage.pools[Number(chooser.value)].rows);
  coverage.pools.forEach((pool, i) => chooser.add(new Option(pool.name, String(i))));
  const specification = read("specification");
  specification.data.values = rows();
  // ast: expressions are interpreted, so that the page may forbid eval.
  vegaEmbed("#chart", specification, { renderer: "svg", actions: false, ast: true }).then(
    (chart) => chooser.addEventListener("change", () => {
      chart.view.data(specification.data.name, rows()).resize().run();
    })
  );
})();
