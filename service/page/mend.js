"use strict";
// Facts of a kept case are corrected without this, on a page of their own. It adds: that form beside the sources, filled by what is selected in them.
(() => {
  const $ = (id) => document.getElementById(id);
  let opener = null;
  const BY = "casebrief.by";

  const mending = () => ($("mending") && !$("mending").hidden ? $("mend") : null);

  const remembered = (name) => {
    try {
      if (name) localStorage.setItem(BY, name);
      return localStorage.getItem(BY) || "";
    } catch {
      return "";
    }
  };

  const putMending = (html) => {
    const made = new DOMParser().parseFromString(html, "text/html");
    const wanted = made.getElementById("mend") || made.querySelector("main ul");
    if (!wanted) return false;
    for (const hint of wanted.querySelectorAll(".js")) hint.hidden = false;
    $("mending").replaceChildren(wanted);
    $("mending").hidden = false;
    for (const words of document.querySelectorAll(".text .m")) words.draggable = false;
    if ($("m-by") && !$("m-by").value) $("m-by").value = remembered();
    takeSelected();
    $("mending").querySelector("button:not([hidden]), a, input:not([type=hidden])").focus();
    return true;
  };

  const openMending = async (address, from) => {
    if (!$("mending").contains(from)) opener = from;
    const answer = await fetch(address);
    if (!answer.ok || !putMending(await answer.text())) location.href = address;
  };

  const closeMending = () => {
    $("mending").hidden = true;
    $("mending").replaceChildren();
    opener?.focus();
  };

  // Where the selection stands, in code points of the text as it is shown: the server knows what is not.
  const selected = () => {
    const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
    const text = range && !range.collapsed && (range.startContainer.parentElement || document.body).closest(".text");
    if (!text || !text.contains(range.endContainer)) return null;
    const before = document.createRange();
    before.setStart(text, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const start = [...before.toString()].length;
    const quote = range.toString();
    return { article: text.closest(".source").id.slice(2), quote, start, end: start + [...quote].length };
  };

  const takeSelected = () => {
    const form = mending();
    const words = form?.elements.quote && selected();
    if (!words) return;
    for (const [name, value] of Object.entries(words)) form.elements[name].value = value;
  };
  document.addEventListener("selectionchange", takeSelected);
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    // Words that were typed stand wherever they stand, once.
    if (form?.id === "mend" && ["m-quote", "m-article"].includes(event.target.id)) form.elements.start.value = form.elements.end.value = "";
  });

  const correct = async (event) => {
    const form = event.target;
    event.preventDefault();
    remembered($("m-by").value);
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new FormData(form, event.submitter) });
    if (!answer.ok) {
      const told = answer.status === 401 ? "This server asks for your key again: sign in on another tab, then press the button once more." : `The server answered ${answer.status}.`;
      if (!putMending(await answer.text())) $("refused").textContent = told;
      return;
    }
    if (form.dataset.fact) history.replaceState(null, "", `#${form.dataset.fact}`);
    location.reload();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.mend");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      openMending(link.getAttribute("href"), link);
    }
    if (event.target.id === "m-close") {
      event.preventDefault();
      closeMending();
    }
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id === "mend") correct(event);
  });
  addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !mending()) return;
      event.stopPropagation();
      closeMending();
    },
    true,
  );
})();
