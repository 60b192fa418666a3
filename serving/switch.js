// Switches the language of a page that holds both, and remembers the choice where the browser allows it.
(() => {
  const root = document.documentElement;
  const remembered = () => {
    try { return localStorage.getItem("gaugebook.language"); } catch { return null; }
  };
  const show = (language) => {
    root.lang = language;
    document.title = root.dataset[language];
    for (const field of document.querySelectorAll("[data-placeholder-en]")) {
      field.placeholder = field.getAttribute(`data-placeholder-${language}`);
    }
    for (const button of document.querySelectorAll(".switch button")) {
      button.setAttribute("aria-pressed", button.dataset.to === language);
    }
  };
  for (const button of document.querySelectorAll(".switch button")) {
    button.addEventListener("click", () => {
      show(button.dataset.to);
      try { localStorage.setItem("gaugebook.language", button.dataset.to); } catch { /* a private window */ }
    });
  }
  show(["en", "zh"].includes(remembered()) ? remembered() : root.lang);
})();
