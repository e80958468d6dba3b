// The editor without waiting: the phone follows what is typed, a rule offers the answers of the question chosen, the text
// shows the line asked for. Everything works without this file, by the buttons of the page.
"use strict";
(() => {
  const PAUSE = 400; // milliseconds without typing before the phone is drawn again
  const form = document.querySelector("form[data-preview]");
  const phone = document.getElementById("preview");
  if (form && phone) followTyping(form, phone);
  const rule = document.getElementById("rule-rows");
  if (rule) offerAnswers(rule);
  const text = document.querySelector("textarea.source");
  if (text) goToLines(text);

  function followTyping(form, phone) {
    let waiting = 0;
    let latest = 0;
    const draw = async () => {
      const turn = ++latest;
      let drawn;
      try {
        const typed = new URLSearchParams(new FormData(form));
        const answer = await fetch(form.dataset.preview, { method: "POST", body: typed });
        if (!answer.ok) return;
        drawn = await answer.text();
      } catch (error) {
        return; // not connected: what is typed stays in the form
      }
      if (turn !== latest) return;
      const isOpen = Array.from(phone.querySelectorAll("details"), (one) => one.open);
      phone.innerHTML = drawn;
      phone.querySelectorAll("details").forEach((one, place) => (one.open = place in isOpen ? isOpen[place] : one.open));
    };
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(draw, PAUSE);
    });
  }

  // Another question chosen in a row: its answers instead of those of the one before.
  function offerAnswers(rule) {
    const answers = JSON.parse(rule.dataset.answers);
    rule.addEventListener("change", ({ target }) => {
      if (!target.name.endsWith("-item")) return;
      const name = target.name.replace(/-item$/, "-answer");
      const offered = answers[target.value] || [];
      const control = document.createElement(offered.length || !target.value ? "select" : "input");
      const before = document.getElementById(name);
      Object.assign(control, { name, id: name, className: before.className });
      if (control.tagName === "SELECT")
        for (const [code, words] of [["", rule.dataset.choose], ...offered]) control.add(new Option(words, code));
      before.replaceWith(control);
    });
  }

  function goToLines(text) {
    const show = (line) => {
      const lines = text.value.split("\n");
      const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      text.focus();
      text.setSelectionRange(start, start + (lines[line - 1] || "").length);
      text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, line - 4);
    };
    const asked = Number(new URLSearchParams(location.search).get("line"));
    if (asked > 0) show(asked);
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-line]");
      if (!link) return;
      event.preventDefault();
      show(Number(link.dataset.line));
    });
  }
})();
