// Shows the entries that have every word searched for, in either language.
(() => {
  const articles = [...document.querySelectorAll("article")];
  const search = document.getElementById("search");
  const find = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const article of articles) {
      article.hidden = !words.every((word) => article.dataset.text.includes(word));
      document.querySelector(`nav [data-for="${article.id}"]`).hidden = article.hidden;
      found += !article.hidden;
    }
    for (const family of document.querySelectorAll(".family")) {
      family.hidden = !family.querySelector("article:not([hidden])");
    }
    document.getElementById("found").textContent = found;
    document.getElementById("nothing").hidden = found > 0;
  };
  search.addEventListener("input", find);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== search) {
      event.preventDefault();
      search.focus();
    }
  });
  find();
})();
