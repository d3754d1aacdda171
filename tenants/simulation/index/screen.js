// Lists the simulators that run together.
"use strict";

Live.listen((state) => {
  const systems = state.systems.map((one) => ({ ...one, id: one.url }));
  Live.draw(document.getElementById("systems"), "system", systems, (node, one) => {
    Live.fill(node, one);
    node.querySelector("a").href = one.url;
  });
});
