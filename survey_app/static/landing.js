// The landing page of a member: fetches the pass and leads to the questionnaire. Read by browsers that know ES2015;
// the voter's secrets are ballot-box.js's, all words are the page's.
"use strict";
(() => {
  const form = document.getElementById("entry");
  if (!form) return;
  const page = form.dataset;
  const byId = (id) => document.getElementById(id);
  const [field, begin, state] = [byId("code"), byId("begin"), byId("state")];
  const title = document.title;
  let works = false;
  try {
    works = BallotBox.works;
  } catch (error) {} // could not be read, or found nothing to work with: the form is sent, the server plays the voter

  // A fragment never reaches a server or its log; it does not stay in the address either.
  let [code, slip] = ["", ""];
  try {
    [code, slip = ""] = decodeURIComponent(location.hash.slice(1)).split(".");
  } catch (error) {}
  if (code.length > 12 || slip) {
    history.replaceState(null, "", location.pathname + location.search);
    for (const link of Array.from(document.querySelectorAll("a[hreflang]"))) link.hash = slip ? code + "." + slip : code;
    if (field && !field.value) field.value = code.slice(0, 64);
  } else slip = "";

  const words = (name) => byId("words").content.querySelector("[data-say=" + name + "]").cloneNode(true);
  const say = (name) => {
    state.textContent = "";
    state.hidden = !name;
    if (name) state.appendChild(words(name));
  };

  const refused = (reason, status) => Promise.reject({ reason, status });
  const readPoll = () =>
    fetch(page.keys, { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" }).then(
      (reply) => (reply.ok ? reply.json().catch(() => refused("network")) : refused("refused", reply.status)),
      () => refused("network")
    );
  const place = (poll) => "ballot-box:" + poll.group;
  const ticketFor = (poll) => {
    if (!field) return BallotBox.openTicket(poll, { slip, earlier: sessionStorage.getItem(place(poll)) });
    if (field.value.trim()) return BallotBox.activate(poll, { code: field.value, slip, issueUrl: page.issue });
    return BallotBox.activated(poll).then((tickets) =>
      tickets.length === 1 ? tickets[0] : refused(tickets.length ? "several" : "empty")
    );
  };
  const isMalformed = () => {
    try {
      if (field && field.value.trim()) BallotBox.readCode(field.value);
      return false;
    } catch (error) {
      return true;
    }
  };
  const fetchPass = () => {
    if (isMalformed()) return refused("code");
    const keep = (poll) => (ticket) => {
      try {
        sessionStorage.setItem(place(poll), ticket);
      } catch (error) {
        return refused("storage");
      }
    };
    return readPoll().then((poll) => Promise.resolve(poll).then(ticketFor).then(keep(poll)));
  };

  const BY_STATUS = { 404: "unknown", 409: "used", 410: "over", 429: "often" };
  const OF_CODE = ["code", "empty", "unknown", "used", "several"];
  const REASONS = ["code", "empty", "several", "fingerprint", "network", "storage"];
  const nameOf = (error) => {
    if (error.name === "SecurityError") return "storage"; // sessionStorage itself is forbidden
    if (REASONS.includes(error.reason)) return error.reason;
    return BY_STATUS[error.status] || "trouble";
  };
  const clear = () => {
    const shown = byId("errors");
    if (shown) shown.remove();
    document.title = title;
    if (!field) return;
    field.removeAttribute("aria-invalid");
    byId("code-entry").hidden = false;
    byId("code-entry").classList.remove("bad");
  };
  const show = (error) => {
    const name = nameOf(error);
    const summary = words(name);
    summary.id = "errors";
    clear();
    const parts = byId("landing");
    parts.insertBefore(summary, parts.firstChild);
    document.title = page.error + " " + title;
    if (field && OF_CODE.includes(name)) {
      field.setAttribute("aria-invalid", "true");
      byId("code-entry").classList.add("bad");
    }
    if (name === "storage" && "played" in page) byId("played").hidden = works = false;
    summary.focus();
  };

  // One after the other: pressed while the pass is on its way, the button waits for it.
  let underWay = Promise.resolve();
  const run = (work, done) => {
    underWay = underWay.then(() => {
      say("busy");
      return work().then(done, (error) => (say(""), show(error)));
    });
  };

  if (!works) return;
  byId("played").hidden = true;
  begin.addEventListener("click", (event) => {
    if (!works) return;
    event.preventDefault();
    run(fetchPass, () => {
      clear();
      say("");
      location.assign(page.sheet);
    });
  });
  if (field && code.length > 12)
    run(fetchPass, () => {
      clear();
      byId("code-entry").hidden = true;
      say("ready");
    });
  else if (field) readPoll().then(BallotBox.activated).then((tickets) => tickets.length === 1 && say("kept"), () => {});
})();
