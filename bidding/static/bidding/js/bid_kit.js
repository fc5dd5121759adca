// The recovery kit in the page's margin: offered for the version that counts, else for the one
// that is on its way.

export function furnishKit(root, data, draft) {
  const part = root.querySelector("[data-kit]");
  if (part === null) return;
  const own = draft.kits.filter((each) => data.bid === null || each.bid === data.bid);
  const kit = own.find((each) => each.version === data.counts) ?? own.at(-1) ?? null;
  part.querySelector("[data-kit-none]").hidden = kit !== null;
  part.querySelector("[data-kit-here]").hidden = kit === null;
  part.querySelector("[data-kit-save]").onclick = () => save(kit);
}

/** Hand a file to the browser's own way of saving. */
function save({ bid, version, data }) {
  const address = URL.createObjectURL(new Blob([data], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), {
    href: address, download: `recovery-kit-${bid.slice(0, 8)}-${version}.json`,
  });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
