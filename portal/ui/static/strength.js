// Shows how strong a password is while it is typed. The server measures it and keeps nothing.
(() => {
  const field = document.querySelector("[data-strength]");
  const words = document.getElementById("strength");
  const bars = document.querySelectorAll(".strength i");
  let last = 0;
  let timer = 0;

  async function measure() {
    const asked = ++last;
    if (!field.value) {
      show({ score: -1, grade: "", advice: "" });
      return;
    }
    const form = new FormData(field.form);
    form.delete("old");
    form.delete("again");
    const answer = await fetch("/password-strength", { method: "POST", body: new URLSearchParams(form) });
    if (answer.ok && asked === last) show(await answer.json());
  }

  function show(found) {
    bars.forEach((bar, place) => { bar.className = place < found.score ? `on s${found.score}` : ""; });
    words.textContent = [found.grade, found.advice].filter(Boolean).join(" ");
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(measure, 250);
  });
})();
