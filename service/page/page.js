"use strict";
// The page reads without this. It adds: places of a fact lit in every article, a way between them, dropped files, progress, and cancelling.
(() => {
  const $ = (id) => document.getElementById(id);

  // ---- a fact and its places
  let shown = null;

  const placesOf = (id) => {
    const places = [];
    for (let number = 1, node; (node = $(`${id}-${number}`)) && node.classList.contains("at"); number += 1) places.push(node);
    return places;
  };

  // Of a conflict all sides are lit, each in its colour.
  const sidesOf = (id) => (id.includes("-") ? [...$(id).parentElement.children].map((side) => side.id) : [id]);

  const unlight = () => {
    for (const node of document.querySelectorAll(".lit, .rests")) node.classList.remove("lit", "rests");
    for (const node of document.querySelectorAll('[aria-current="true"]')) node.removeAttribute("aria-current");
  };

  const reveal = (node) => {
    for (let folded = node.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
    node.scrollIntoView({ block: "center" });
  };

  const light = (id, number) => {
    const places = placesOf(id);
    if (!places.length) return;
    const at = Math.min(Math.max(number, 1), places.length);
    unlight();
    for (const one of sidesOf(id)) {
      for (const words of document.querySelectorAll(`.m[data-f~="${one}"]`)) words.classList.add("lit");
    }
    const fact = $(id);
    if (fact) fact.classList.add("rests");
    const words = places[at - 1].querySelector(".m");
    words.setAttribute("aria-current", "true");
    reveal(words);
    focusOn(words);
    shown = { id, at, all: places.length };
    const source = words.closest(".source").querySelector(".tag").textContent;
    $("place").textContent = places.length === 1 ? `Its only place, in ${source}` : `Place ${at} of ${places.length}, in ${source}`;
    $("previous").hidden = $("next").hidden = places.length === 1;
    $("back").hidden = false;
    $("places").hidden = false;
  };

  const restsAt = (words) => {
    unlight();
    const facts = words.dataset.f.split(" ").map($);
    for (const fact of facts) fact.classList.add("rests");
    words.classList.add("lit");
    shown = null;
    $("place").textContent = facts.length === 1 ? "One fact rests on these words" : `${facts.length} facts rest on these words`;
    $("previous").hidden = $("next").hidden = $("back").hidden = true;
    $("places").hidden = false;
    history.pushState(null, "", `#${facts[0].id}`);
    reveal(facts[0]);
    focusOn(facts[0].querySelector("a"));
  };

  const focusOn = (node) => {
    const group = node.closest("[data-roving]");
    if (group) stop(group, node);
    node.focus({ preventScroll: true });
  };

  const PLACE = /^#([fs]\d+|k\d+-\d+)-(\d+)$/;

  const followHash = () => {
    const found = PLACE.exec(location.hash);
    if (found) light(found[1], Number(found[2]));
  };

  // ---- one stop of the Tab key for a group, arrows within it
  const itemsOf = (group) => [...group.querySelectorAll(group.classList.contains("text") ? ".m" : "a")];

  const stop = (group, item) => {
    for (const other of itemsOf(group)) other.tabIndex = other === item ? 0 : -1;
  };

  const move = (event) => {
    const group = event.target.closest("[data-roving]");
    if (!group || event.altKey || event.ctrlKey || event.metaKey) return;
    const items = itemsOf(group);
    const here = items.indexOf(event.target.closest("a"));
    const there = { ArrowDown: here + 1, ArrowRight: here + 1, ArrowUp: here - 1, ArrowLeft: here - 1, Home: 0, End: items.length - 1 }[event.key];
    if (here < 0 || there === undefined || !items[there]) return;
    event.preventDefault();
    stop(group, items[there]);
    items[there].focus();
  };

  const step = (by) => {
    if (!shown) return;
    const next = ((shown.at - 1 + by + shown.all) % shown.all) + 1;
    history.replaceState(null, "", `#${shown.id}-${next}`);
    light(shown.id, next);
  };

  const back = () => {
    const fact = shown && $(shown.id);
    if (!fact) return;
    $("places").hidden = true;
    reveal(fact);
    focusOn(fact.querySelector("a"));
  };

  document.addEventListener("click", (event) => {
    const words = event.target.closest(".m");
    if (words) {
      event.preventDefault();
      if ($("mending")?.hidden !== false || getSelection().isCollapsed) restsAt(words); // words that are being selected lead nowhere
      return;
    }
    const link = event.target.closest('a[href^="#"]');
    if (link && PLACE.test(link.hash) && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (link.hash !== location.hash) history.pushState(null, "", link.hash); // a hash that is followed by the browser tells of itself only later
      followHash();
    }
    const button = event.target.closest("button");
    if (!button) return;
    if (button.id === "previous") step(-1);
    if (button.id === "next") step(1);
    if (button.id === "back") back();
    if (button.id === "add") add();
    if (button.id === "cancel" && running) running.abort();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && $("places") && !$("places").hidden) back();
    move(event);
  });
  addEventListener("hashchange", followHash);

  // ---- articles to be sent
  const form = () => $("ask");
  const articles = () => [...form().querySelectorAll(".article-in")];
  const isEmpty = (article) => !article.querySelector("textarea").value.trim() && !article.querySelector('[type="file"]').files.length;

  const add = () => {
    const number = Math.max(0, ...articles().map((article) => Number(article.dataset.number))) + 1;
    if (articles().length >= Number(form().dataset.most)) {
      say(`At most ${form().dataset.most} articles are read at once.`);
      return null;
    }
    const made = $("blank").content.firstElementChild.cloneNode(true);
    made.dataset.number = number;
    made.querySelector(".number").textContent = number;
    for (const node of made.querySelectorAll("[id], [for], [name]")) {
      for (const name of ["id", "for", "name"]) {
        if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replace(/^0-/, `${number}-`));
      }
    }
    $("articles").append(made);
    made.querySelector("textarea").focus();
    return made;
  };

  const take = (files) => {
    for (const file of files) {
      const article = articles().find(isEmpty) || add();
      if (!article) return;
      const held = new DataTransfer();
      held.items.add(file);
      article.querySelector('[type="file"]').files = held.files;
    }
  };

  const prepare = () => {
    for (const group of document.querySelectorAll("[data-roving]")) {
      const items = itemsOf(group);
      if (items.length) stop(group, items[0]);
    }
    if (!form()) return;
    for (const node of document.querySelectorAll(".ask .js:not(.key)")) node.hidden = false;
  };

  addEventListener("dragover", (event) => {
    if (!form()) return;
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    if (!form()) return;
    event.preventDefault();
    document.body.classList.remove("dropping");
    const words = event.dataTransfer.getData("text/plain");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files);
    else if (words) {
      const article = articles().find(isEmpty) || add();
      if (article) article.querySelector("textarea").value = words;
    }
  });
  addEventListener("paste", (event) => {
    if (form() && event.clipboardData.files.length) {
      event.preventDefault();
      take(event.clipboardData.files);
    }
  });

  // ---- sending, with the time that has passed and who waits before
  let running = null;

  const say = (told) => {
    let line = document.querySelector(".problem");
    if (!line) {
      line = document.createElement("p");
      line.className = "problem";
      line.setAttribute("role", "alert");
      form().before(line);
    }
    line.textContent = told;
    line.scrollIntoView({ block: "nearest" });
  };

  // A session that ended meanwhile costs nothing that was typed: its key is asked for beside it.
  const signIn = async () => {
    const key = $("key-value");
    if (!key?.value) return;
    const sent = new FormData();
    sent.set("key", key.value);
    if ((await fetch("/sign-in", { method: "POST", body: sent })).ok) [key.value, $("key").hidden] = ["", true];
  };

  const watch = (started) => {
    const clock = setInterval(() => {
      $("clock").textContent = `${Math.round((Date.now() - started) / 1000)} s`;
    }, 500);
    const queue = setInterval(async () => {
      try {
        const state = await (await fetch("/readyz")).json();
        if (!running) return;
        $("doing").textContent = state.waiting ? `Waiting or reading; ${state.waiting} ${state.waiting === 1 ? "request waits" : "requests wait"}` : "Reading";
      } catch {
        if (running) $("doing").textContent = "Reading; the server does not say how far";
      }
    }, 2000);
    return () => {
      clearInterval(clock);
      clearInterval(queue);
    };
  };

  const problemOf = async (answer) => {
    if (answer.status === 401 && $("key")) {
      $("key").hidden = false;
      return "This server asks for your key again. Nothing that you typed is lost.";
    }
    const body = await answer.text();
    if ((answer.headers.get("content-type") || "").includes("json")) return JSON.parse(body).detail;
    const told = new DOMParser().parseFromString(body, "text/html").querySelector(".problem");
    return told ? told.textContent : `The server answered ${answer.status}.`;
  };

  const send = async () => {
    const sent = new FormData(form());
    let page = "";
    running = new AbortController();
    const done = watch(Date.now());
    $("doing").textContent = "Reading";
    $("clock").textContent = "";
    $("progress").hidden = false;
    for (const button of form().querySelectorAll("button")) button.disabled = true;
    try {
      await signIn();
      const answer = await fetch(form().action, { method: "POST", body: sent, signal: running.signal });
      if (answer.ok) page = await answer.text();
      else say(await problemOf(answer));
    } catch (error) {
      say(error.name === "AbortError" ? "Cancelled: nothing more is read." : "The server did not answer.");
    } finally {
      running = null;
      done();
    }
    $("progress").hidden = true;
    for (const button of form().querySelectorAll("button")) button.disabled = false;
    if (page) show(page);
  };

  // The form and its case stay in the page's memory: the browser's Back goes from one to the other, and nothing typed is lost.
  let asked = null;
  let answered = null;

  const put = (nodes) => {
    document.body.replaceChildren(...nodes);
    prepare();
    scrollTo(0, 0);
  };

  const show = (html) => {
    const made = new DOMParser().parseFromString(html, "text/html");
    asked = [...document.body.childNodes];
    answered = [...made.body.childNodes];
    document.title = made.title;
    put(answered);
    history.pushState({ case: true }, "", "/");
    $("summary").focus({ preventScroll: true });
  };

  addEventListener("popstate", (event) => {
    if (!asked) return;
    const wanted = event.state?.case || location.hash ? answered : asked;
    if (!wanted[0].isConnected) put(wanted);
  });

  // ---- saving and proving
  const proved = (lines, faulty) => {
    $("proved").scrollIntoView({ block: "center" });
    $("proved").classList.toggle("faulty", faulty);
    $("proved").textContent = lines.join("\n");
  };

  const keep = async (event) => {
    const button = event.submitter;
    event.preventDefault();
    const sent = new FormData(event.target, button);
    const answer = await fetch(button.getAttribute("formaction") || event.target.action, { method: "POST", body: sent });
    const again = "This server asks for your key again: sign in on another tab, then press the button once more.";
    if (!answer.ok) proved([answer.status === 401 ? again : `The server answered ${answer.status}.`], true);
    else if (button.id === "prove") {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const faults = [...page.querySelectorAll("main li")].map((line) => line.textContent);
      proved([page.getElementById("told").textContent, ...faults], faults.length > 0);
    } else {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await answer.blob());
      link.download = /filename="([^"]*)"/.exec(answer.headers.get("content-disposition") || "")?.[1] || "case";
      link.click();
      URL.revokeObjectURL(link.href);
    }
  };

  document.addEventListener("submit", (event) => {
    if (event.target.id === "ask") {
      event.preventDefault();
      send();
    }
    if (event.target.id === "keep") keep(event);
  });

  prepare();
  followHash();
})();
