// The questionnaire, answered in the browser: no plain answer leaves it. What is asked and what is wrong is decided as
// on the server (survey_app/forms, instruments/rules.py); all words are the page's, all secrets are ballot-box.js's.
"use strict";
const Sheet = (() => {
  const UNSCORED = { dont_know: -1, not_applicable: -2 };
  const COMPARES = {
    "==": (answer, code) => answer === code,
    "!=": (answer, code) => answer !== code,
    "<": (answer, code) => answer < code,
    "<=": (answer, code) => answer <= code,
    ">": (answer, code) => answer > code,
    ">=": (answer, code) => answer >= code,
  };
  const CONDITIONS = {
    not: (given, part) => !holds(part, given),
    and: (given, ...parts) => parts.every((part) => holds(part, given)),
    or: (given, ...parts) => parts.some((part) => holds(part, given)),
    in: (given, item, codes) => codes.includes(given[item]),
    has: (given, item, code) => Array.isArray(given[item]) && given[item].includes(code),
    answered: (given, item) => given[item] !== null && given[item] !== undefined,
  };
  const compare = (name, given, item, code) =>
    typeof given[item] === "number" && !(given[item] < 0 && code >= 0) && COMPARES[name](given[item], code);
  const holds = ([name, ...parts], given) =>
    name in CONDITIONS ? CONDITIONS[name](given, ...parts) : compare(name, given, ...parts);

  // Texts as Python cleans them: its spaces, its line ends, code points instead of code units.
  const SPACES = "[\\t-\\r\\x1c- \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
  const AROUND = new RegExp(`^${SPACES}|${SPACES}$`, "g");
  const LINE_ENDS = /\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;
  // Spelled out: older browsers cannot read \p{Noncharacter_Code_Point}, and then nothing of this file.
  const LAST_TWO = Array.from({ length: 17 }, (_one, plane) => plane * 65536 + 65534)
    .map((point) => `\\u{${point.toString(16)}}\\u{${(point + 1).toString(16)}}`).join("");
  const NO_CHARACTERS = new RegExp(
    "[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufdd0-\\ufdef" + LAST_TWO + "]", "gu");
  const strip = (text) => text.replace(AROUND, "");
  const plainText = (text) => strip(text.replace(LINE_ENDS, "\n").replace(NO_CHARACTERS, ""));
  const codeOf = (word) => (word in UNSCORED ? UNSCORED[word] : Number(word));

  // A number with the spaces beside it stays on one line.
  const fill = (text, values) =>
    text.replace(/( ?)\{(\w+)\}( ?)/g, (_all, before, name, after) =>
      [before, values[name], after].join("").replace(/^ | $/g, "\u00a0"));

  // Words typed -> the answer, null for none; where they cannot be read, the sentence that is due.
  const READ = {
    one: (_rule, words) => ({ answer: words[0] ? codeOf(words[0]) : null }),
    several: ({ alone }, words) => {
      const single = words.length > 1 && words.find((word) => word in alone);
      if (single) return { answer: null, mistake: alone[single] };
      return { answer: words.length ? words.map(codeOf) : null };
    },
    places: ({ places, twice }, words, missing) => {
      const order = words.filter(Boolean);
      if (!order.length) return { answer: null };
      const again = twice.find(([word]) => order.indexOf(word) !== order.lastIndexOf(word));
      if (again) return { answer: null, mistake: again[1] };
      return order.length === places ? { answer: order.map(codeOf) } : { answer: null, mistake: missing };
    },
    date: ({ low, high }, words, missing) => {
      const written = strip(words.join("").normalize("NFKC"));
      if (!written) return { answer: null };
      const time = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(written) ? Date.parse(written) : NaN;
      const isDay = !isNaN(time) && new Date(time).toISOString().slice(0, 10) === written;
      return isDay && low <= written && written <= high ? { answer: written } : { answer: null, mistake: missing };
    },
    number: ({ low, high }, words, missing) => {
      const written = strip(words.join(""));
      if (!written) return { answer: null };
      const digits = strip(written.normalize("NFKC").replace(/,/g, ""));
      const number = /^[+-]?[0-9]+(_[0-9]+)*$/.test(digits) ? Number(digits.replace(/_/g, "")) : NaN;
      return low <= number && number <= high ? { answer: number + 0 } : { answer: null, mistake: missing };
    },
    text: ({ most }, words, _missing, excess) => {
      const text = plainText(words.join(""));
      const written = Array.from(text).length;
      if (written <= most) return { answer: text || null };
      return { answer: null, mistake: fill(excess, { written, most, excess: written - most }) };
    },
  };

  // Items are gone through once, in order; the answer of one that is not asked counts as not given.
  const judge = (rules, typed) => {
    const [asked, given, mistakes] = [[], Object.create(null), Object.create(null)];
    for (const rule of rules.items) {
      if (rule.if && !holds(rule.if, given)) continue;
      const missing = rules.missing[rule.missing];
      const { answer, mistake } = READ[rule.reads](rule, typed[rule.code] || [], missing, rules.excess);
      asked.push(rule.code);
      given[rule.code] = answer;
      if (mistake) mistakes[rule.code] = mistake;
      else if (answer === null && !rule.optional) mistakes[rule.code] = missing;
    }
    return { asked, given, mistakes };
  };
  const body = (given) => {
    const answered = Object.keys(given).filter((code) => given[code] !== null).sort();
    return JSON.stringify(answered.reduce((all, code) => ((all[code] = given[code]), all), Object.create(null)));
  };

  // Words typed, by item code.
  const isChoice = ({ type }) => type === "radio" || type === "checkbox";
  const eachControl = (form, work) => {
    for (const control of Array.from(form.elements))
      if (control.name.startsWith("q_")) work(control, control.name.slice(2));
  };
  const typedInto = (form) => {
    const typed = Object.create(null);
    eachControl(form, (control, code) => {
      const half = control.validity && control.validity.badInput ? "?" : ""; // a date begun, which has no value yet
      typed[code] = (typed[code] || []).concat(isChoice(control) && !control.checked ? [] : control.value || half);
    });
    return typed;
  };
  const typeInto = (form, typed) => {
    const taken = Object.create(null); // places of a ranking filled so far
    eachControl(form, (control, code) => {
      const words = typed[code] || [];
      if (isChoice(control)) control.checked = words.includes(control.value);
      else if (control.tagName === "SELECT") control.value = words[taken[code] = (code in taken ? taken[code] : -1) + 1] || "";
      else control.value = words.join("");
    });
  };

  // Lists of item codes in a random order, none before one that its rules look at.
  const lookedAt = ([name, ...parts]) =>
    ["not", "and", "or"].includes(name) ? [].concat(...parts.map(lookedAt)) : parts.slice(0, 1);
  const shuffle = (rules, blocks) => {
    const drawn = crypto.getRandomValues(new Uint32Array(blocks.length));
    const isRuled = (block) => (item) => item.if && block.includes(item.code);
    const rulesOf = (block) => rules.items.filter(isRuled(block)).map((item) => item.if);
    const needs = (block) => lookedAt(["and", ...rulesOf(block)]).filter((code) => !block.includes(code));
    const waiting = blocks.map((block, place) => ({ block, draw: drawn[place], needs: needs(block) }));
    waiting.sort((one, other) => one.draw - other.draw);
    const isReady = (one) => !waiting.some(({ block }) => one.needs.some((code) => block.includes(code)));
    const order = [];
    while (waiting.length) order.push(waiting.splice(waiting.findIndex(isReady), 1)[0].block);
    return order;
  };
  return Object.freeze({ judge, body, fill, typedInto, typeInto, shuffle });
})();

(() => {
  const form = document.getElementById("sheet");
  if (!form) return;
  form.addEventListener("submit", (event) => event.preventDefault());
  const byId = (id) => document.getElementById(id);
  const all = (selector, within = form) => Array.from(within.querySelectorAll(selector));
  const page = form.dataset;
  const rules = JSON.parse(page.rules);
  const [ticketPlace, answersPlace] = ["ballot-box:" + page.group, "answers:" + page.group];
  const inSession = (work) => {
    try {
      return work(sessionStorage);
    } catch (error) {
      return null; // forbidden or full: the answers stay in the page
    }
  };

  let ticket = inSession((store) => store.getItem(ticketPlace));
  let works = false;
  try {
    works = BallotBox.works;
  } catch (error) {} // could not be read, or found nothing to work with
  if (!works || !(ticket || "open" in page)) {
    location.replace(page.landing);
    return;
  }

  const template = (name) => byId("words").content.querySelector("[data-say=" + name + "]");
  const words = (name, values) => Sheet.fill(template(name).textContent, values || {});
  const title = document.title;
  const parts = all("[data-part]");
  const REVIEW = parts.length - 1;
  const [steps, reviewed, rows] = [all(".steps li", document), all("section"), all(".given > div")];
  const questions = all(".q").map((card, place) => {
    const code = rules.items[place].code;
    const control = card.querySelector("input, textarea, select");
    const isList = card.tagName === "FIELDSET";
    const part = parts.indexOf(card.closest("[data-part]"));
    return { code, id: "q_" + code, card, control, isList, part, row: rows[place], described: isList ? card : control };
  });
  const byCode = questions.reduce((all, q) => ((all[q.code] = q), all), Object.create(null));
  let [at, isCorrecting, isBusy, judged, order] = [-1, false, false, null, null];

  // A shuffled part shows its blocks, and the rows of its tables, in an order of this window's own.
  const draw = () => {
    const flat = (lists) => [].concat(...lists);
    const codesIn = (within) => questions.filter(({ card }) => within.contains(card)).map(({ code }) => code);
    return flat(parts.map((part) => {
      if (!("shuffled" in part.dataset)) return codesIn(part);
      const blocks = Sheet.shuffle(rules, all(".block", part).map(codesIn));
      const rowsOf = (block) => flat(Sheet.shuffle(rules, block.map((code) => [code])));
      return flat(blocks.map((block) => (byCode[block[0]].card.closest(".matrix") ? rowsOf(block) : block)));
    }));
  };
  const arrange = () => {
    questions.sort((one, other) => order.indexOf(one.code) - order.indexOf(other.code));
    for (const { card, row } of questions.filter(({ part }) => "shuffled" in parts[part].dataset))
      for (const moved of [card, card.closest(".block"), row]) moved.parentNode.appendChild(moved);
  };

  const isAsked = ({ code }) => judged.asked.includes(code);
  const path = () => Array.from(new Set(questions.filter(isAsked).map(({ part }) => part)));
  const mistaken = (part) => questions.filter((q) => q.part === part && q.code in judged.mistakes);
  const announce = (said, look) => {
    byId("status").className = look;
    byId("status").textContent = said;
  };

  // What the answers so far ask for: questions shown, their numbers, progress.
  const judge = () => {
    judged = Sheet.judge(rules, Sheet.typedInto(form));
    let number = 0;
    for (const q of questions) {
      q.number = isAsked(q) ? (number += 1) : 0;
      for (const shown of [q.card, q.row]) {
        shown.hidden = !q.number;
        shown.querySelector(".no").textContent = q.number;
      }
    }
    for (const block of all(".block")) block.hidden = !block.querySelector(".q:not([hidden])");
    const sections = path();
    reviewed.forEach((section, part) => (section.hidden = !sections.includes(part)));
    steps.forEach((step, place) => {
      step.hidden = sections.length < 2 || place >= sections.length;
      step.className = at > sections[place] ? "done" : at === sections[place] ? "now" : "";
    });
    const left = questions.filter((q) => isAsked(q) && q.part >= at).length;
    const minutes = Math.max(1, Math.ceil((rules.minutes * left) / judged.asked.length));
    byId("progress").firstChild.textContent =
      at === REVIEW ? words("review")
        : words(sections.length > 1 ? "part" : "only", {
          number: sections.indexOf(at) + 1, total: sections.length, minutes,
        });
  };
  const keepAnswers = () => {
    const kept = JSON.stringify({ ticket, at, isCorrecting, order, typed: Sheet.typedInto(form) });
    inSession((store) => store.setItem(answersPlace, kept));
  };
  // An answer that stands alone and the others take each other's place.
  const takeApart = ({ target }) => {
    const { alone } = rules.items.find(({ code }) => "q_" + code === target.name) || {};
    if (!alone || !target.checked) return;
    const label = (tick) => tick.nextElementSibling.textContent;
    const ticked = all("input:checked", target.closest(".q")).filter((tick) => tick !== target);
    const others = ticked.filter((tick) => target.value in alone || tick.value in alone);
    for (const tick of others) tick.checked = false;
    const single = [target].concat(others).find((tick) => tick.value in alone);
    if (others.length) announce(words("parted", { label: label(single), others: others.map(label).join(" · ") }), "vh");
  };
  const change = (event) => {
    const before = judged.asked;
    takeApart(event);
    judge();
    const added = questions.filter((q) => q.part === at && isAsked(q) && !before.includes(q.code));
    for (const { card } of added) card.classList.add("new");
    if (added.length) announce(words("added", { number: added.length }), "vh");
    keepAnswers();
  };

  // What is wrong: a summary above the questions, and a sentence in each.
  const describe = ({ id, described }, more) => {
    const ids = [id + "-words", id + "-hint", id + "-ends", more].filter(byId).join(" ");
    if (ids) described.setAttribute("aria-describedby", ids);
    else described.removeAttribute("aria-describedby");
  };
  const clear = () => {
    if (byId("errors")) byId("errors").remove();
    document.title = parts[at].dataset.part + " · " + title;
    for (const q of questions) {
      q.card.classList.remove("bad", "new");
      all(".err", q.card).forEach((error) => error.remove());
      q.control.removeAttribute("aria-invalid");
      describe(q, "");
    }
    announce("", "vh");
  };
  const complain = (name) => {
    const summary = template(name).cloneNode(true);
    summary.id = "errors";
    form.parentNode.insertBefore(summary, form);
    document.title = words("error") + " " + document.title;
    summary.focus();
    scrollTo(0, 0);
    return summary;
  };
  const mark = (q) => {
    const error = template("mistake").cloneNode(true);
    error.id = q.id + "-error";
    error.firstChild.textContent = judged.mistakes[q.code];
    q.card.insertBefore(error, q.card.querySelector(".answers, .field"));
    q.card.classList.add("bad");
    if (!q.isList) q.control.setAttribute("aria-invalid", "true");
    describe(q, error.id);
  };
  const showMistakes = () => {
    const wrong = mistaken(at);
    const summary = complain("mistakes");
    const heading = summary.querySelector("h2");
    heading.textContent = Sheet.fill(heading.textContent, { number: wrong.length });
    for (const q of wrong) {
      mark(q);
      const link = document.createElement("a");
      link.href = "#" + q.id + "-0";
      link.addEventListener("click", (event) => {
        const control = byId(q.id + "-0");
        if (!control) return;
        event.preventDefault(); // a place of its own in the history would stand in the way back
        control.focus();
      });
      const text = q.row.querySelector("dt").lastChild.textContent.trim();
      link.textContent = words("entry", { number: q.number, text });
      summary.querySelector("ul").appendChild(document.createElement("li")).appendChild(link);
    }
  };

  const review = () => {
    for (const { code, card, isList, row } of questions) {
      const answer = judged.given[code];
      const isBlank = answer === null || answer === undefined;
      const labels = () => all("input:checked + span, option:checked:not([value=''])", card);
      const chosen = () => labels().map(({ textContent, tagName }, place) =>
        (tagName === "OPTION" ? place + 1 + ". " : "") + textContent).join(" · ");
      row.querySelector("dd").className = isBlank ? "none" : "prose";
      row.querySelector("dd").textContent = isBlank ? words("blank") : isList ? chosen() : answer;
    }
  };
  const show = (part) => {
    at = part;
    clear();
    judge();
    if (at === REVIEW) review();
    parts.forEach((shown, place) => (shown.hidden = place !== at));
    const isReview = at === REVIEW;
    const shown = { "note-part": !isReview, "note-review": isReview, send: isReview };
    Object.assign(shown, { next: !isReview && !isCorrecting, return: !isReview && isCorrecting });
    shown.back = !isCorrecting && at !== path()[0];
    Object.keys(shown).forEach((id) => (byId(id).hidden = !shown[id]));
    byId("heading").textContent = parts[at].dataset.part;
    byId("heading").focus();
    scrollTo(0, 0);
    keepAnswers();
  };
  // A part with something missing comes before the review. The browser's own way back leads to the part shown before.
  const go = (part) => {
    const open = part === REVIEW ? path().find((section) => mistaken(section).length) : undefined;
    if (part === REVIEW) isCorrecting = open !== undefined;
    const next = isCorrecting && part === REVIEW ? open : part;
    if (next !== at) history[at < 0 ? "replaceState" : "pushState"]({ part: next }, "");
    show(next);
    if (next !== part) showMistakes();
  };
  const goOn = () => {
    const following = path().find((section) => section > at);
    clear();
    if (mistaken(at).length) showMistakes();
    else go(isCorrecting || following === undefined ? REVIEW : following);
  };

  // Sending. A ballot whose reply got lost is kept and sent again: it counts once.
  const refused = (reason, status) => Promise.reject({ reason, status });
  const readPoll = () =>
    fetch(page.keys, { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" }).then(
      (reply) => (reply.ok ? reply.json().catch(() => refused("network")) : refused("refused", reply.status)),
      () => refused("network")
    );
  const cast = async () => {
    const poll = await readPoll();
    if (!ticket) {
      ticket = await BallotBox.openTicket(poll, {});
      inSession((store) => store.setItem(ticketPlace, ticket));
      keepAnswers();
    }
    return BallotBox.cast(poll, { ticket, body: Sheet.body(judged.given), size: poll.size, castUrl: page.cast });
  };
  const setBusy = (busy) => {
    isBusy = byId("send").disabled = busy;
    announce(busy ? words("sending") : "", busy ? "soft" : "vh");
  };
  const refuse = ({ reason, status }) => {
    setBusy(false);
    const name = status === 410 ? "closed" : reason;
    complain(name && template(name) ? name : "trouble");
  };
  const thank = ({ receipt, earlier }) => {
    inSession((store) => [ticketPlace, answersPlace].forEach((place) => store.removeItem(place)));
    for (const used of [form, byId("progress")].concat(all("a[hreflang]", document))) used.remove();
    byId(earlier ? "arrived" : "earlier").remove();
    if (page.receipts !== "no") byId("receipt").textContent = receipt;
    byId("heading").textContent = words("thanks");
    document.title = words("thanks") + " · " + title;
    byId("thanks").hidden = false;
    byId("heading").focus();
    scrollTo(0, 0);
  };
  const send = () => {
    if (isBusy) return;
    clear();
    if (Object.keys(judged.mistakes).length) return go(REVIEW);
    setBusy(true);
    cast().then(thank, refuse);
  };

  form.addEventListener("input", change);
  form.addEventListener("change", change);
  form.addEventListener("submit", () => (at === REVIEW ? send() : goOn()));
  byId("back").addEventListener("click", () => isBusy || go(path().filter((section) => section < at).pop()));
  all("section button").forEach((button, part) =>
    button.addEventListener("click", () => {
      if (isBusy) return;
      isCorrecting = true;
      go(part);
    }));
  addEventListener("popstate", ({ state }) => {
    if (!state || isBusy || !form.isConnected) return;
    isCorrecting = false;
    show(path().concat(REVIEW).includes(state.part) ? state.part : path()[0]);
  });

  // Answers kept belong to a pass: whoever comes next with another one begins anew.
  const kept = JSON.parse(inSession((store) => store.getItem(answersPlace)) || "{}");
  const isOurs = kept.typed && kept.ticket === ticket;
  const isWhole = isOurs && kept.order.length === questions.length && kept.order.every((code) => code in byCode);
  order = isWhole ? kept.order : draw();
  arrange();
  if (isOurs) Sheet.typeInto(form, kept.typed);
  judge();
  isCorrecting = isOurs && kept.isCorrecting;
  byId("not-started").remove();
  form.hidden = byId("survey").hidden = byId("progress").hidden = false;
  go(isOurs && path().concat(REVIEW).includes(kept.at) ? kept.at : path()[0]);
})();
