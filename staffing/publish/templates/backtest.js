(function () {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const chooser = document.getElementById("shop");
  const data = read("data");
  // ast: expressions are interpreted, so that the page may forbid eval.
  const options = { renderer: "svg", actions: false, ast: true };

  const rows = () => data[Number(chooser.value)].rows;
  data.forEach((shop, i) => chooser.add(new Option(shop.name, String(i))));
  const specification = read("specification");
  specification.data.values = rows();
  vegaEmbed("#chart", specification, options).then(
    (chart) => chooser.addEventListener("change", () => {
      chart.view.data(specification.data.name, rows()).resize().run();
    })
  );
  Object.entries(read("others")).forEach(([name, other]) => {
    const place = document.getElementById("chart-" + name);
    if (place) { vegaEmbed(place, other, options); }
  });
})();
