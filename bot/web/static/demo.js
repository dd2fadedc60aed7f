// The demo's page. The server sends what changed (chats, orders, calls, clock); this file draws it and
// sends back what the player does. Nothing that people wrote is ever taken for markup: all of it
// becomes text nodes.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // h makes an element: h("p", {class: "x", onclick: f}, "text", child).
  function h(tag, attributes = {}, ...children) {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
      else e.setAttribute(name, value === true ? "" : value);
    }
    e.append(...children.filter((c) => c !== undefined && c !== null && c !== false));
    return e;
  }

  const svg = (path) => {
    const s = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    s.setAttribute("viewBox", "0 0 24 24");
    s.setAttribute("aria-hidden", "true");
    const p = document.createElementNS("http://www.w3.org/2000/svg", "path");
    p.setAttribute("d", path);
    s.append(p);
    return s;
  };
  const botFace = "M6 8.5A2.5 2.5 0 0 1 8.5 6h7A2.5 2.5 0 0 1 18 8.5v5a2.5 2.5 0 0 1-2.5 2.5H11l-3.5 2.7V16A2.5 2.5 0 0 1 6 13.5zM9 11.2l2 1.9 3.8-3.9";

  // ---- time -----------------------------------------------------------------------------------

  let shift = 0; // of the shared clock before the machine's, ms
  const inBeijing = (options) => new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", ...options });
  const hour = inBeijing({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const second = inBeijing({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const day = inBeijing({ month: "numeric", day: "numeric" });
  const weekday = inBeijing({ weekday: "short" });
  const now = () => Date.now() + shift;
  const dayOf = (t) => day.format(t).replace("/", "月") + "日";

  function drawClock() {
    const t = now();
    $("#now").textContent = `${dayOf(t)} ${weekday.format(t)} ${hour.format(t)}`;
    for (const e of $$(".glass .hour")) e.textContent = hour.format(t);
    const ahead = $("#ahead");
    const minutes = Math.round(shift / 60000);
    ahead.hidden = minutes === 0;
    const parts = [[1440, "天"], [60, "小时"], [1, "分"]];
    let left = minutes;
    ahead.textContent = "快 " + parts.map(([n, unit]) => { const k = Math.floor(left / n); left -= k * n; return k ? k + unit : ""; }).join("");
  }
  setInterval(drawClock, 5000);

  // ---- talking to the server --------------------------------------------------------------------

  function toast(text, bad) {
    const e = h("div", { class: bad && "bad" }, text);
    $("#toasts").append(e);
    setTimeout(() => e.remove(), 4200);
  }

  async function post(path, body) {
    const form = body instanceof FormData;
    try {
      const r = await fetch(path, { method: "POST", body: form ? body : JSON.stringify(body), headers: form ? {} : { "Content-Type": "application/json" } });
      const { note } = await r.json().catch(() => ({ note: `HTTP ${r.status}` }));
      if (note) toast(note, !r.ok);
      return r.ok;
    } catch {
      toast("演示没有回应，它还在运行吗？", true);
      return false;
    }
  }

  // ---- text -------------------------------------------------------------------------------------

  const signs = { "🔴": "red", "🟡": "yellow", "🟢": "green", "🔵": "blue", "⚪": "white", "✅": "done", "⏳": "wait", "➖": "skip", "⚠": "warn", "❌": "fail", "↩": "back", "⏱": "wait", "🚨": "warn", "➡": "skip", "⏭": "skip" };
  const pieces = /(https?:\/\/[^\s\u200b-\u200d\u2060<>"'，。；：（）「」]+)|((?:🔴|🟡|🟢|🔵|⚪){4})|([🔴🟡🟢🔵⚪✅⏳➖❌🚨]|[⚠↩⏱➡⏭]\uFE0F?)/gu;
  const sign = (c) => h("span", { class: "sign " + signs[[...c][0]], role: "img" }, c);

  // rich returns text with links that lead somewhere and signs that are drawn.
  function rich(text) {
    const out = document.createDocumentFragment();
    let at = 0;
    for (const m of text.matchAll(pieces)) {
      out.append(text.slice(at, m.index));
      at = m.index + m[0].length;
      if (m[1]) out.append(link(m[1], m[1]));
      else if (m[2]) out.append(h("span", { class: "way" }, ...[...m[2]].map(sign)));
      else out.append(sign(m[3]));
    }
    out.append(text.slice(at));
    return out;
  }

  const link = (url, ...label) => /^https?:\/\//.test(url) ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...label) : h("span", {}, ...label);

  // markdown draws the little that the platforms' cards use: paragraphs, breaks, bold, links.
  function markdown(text) {
    const unescaped = (s) => s.replace(/\\(.)/g, "$1");
    const inline = (line) => {
      const out = document.createDocumentFragment();
      let at = 0;
      for (const m of line.matchAll(/\*\*((?:\\.|[^*\\])+)\*\*|\[((?:\\.|[^\]\\])*)\]\(([^)\s]+)\)/g)) {
        out.append(rich(unescaped(line.slice(at, m.index))));
        at = m.index + m[0].length;
        out.append(m[1] !== undefined ? h("strong", {}, rich(unescaped(m[1]))) : link(m[3], unescaped(m[2])));
      }
      out.append(rich(unescaped(line.slice(at))));
      return out;
    };
    const box = h("div", { class: "md" });
    for (const paragraph of text.split(/\n{2,}/)) {
      const p = h("p");
      paragraph.split(/ *\n/).forEach((line, i) => { if (i) p.append(h("br")); p.append(inline(line.replace(/^#+ /, ""))); });
      box.append(p);
    }
    return box;
  }

  // ---- bubbles ------------------------------------------------------------------------------------

  function press(chat, bubble, button, element) {
    const group = $$("button", element.closest(".press, .menu") || element.parentNode);
    element.classList.add("busy");
    for (const b of group) b.disabled = true;
    const link = !button.id && button.url && !/^https?:/.test(button.url) ? button.url : "";
    return post("/press", { chat: chat.key, card: bubble.task_id || "", button: button.id || "", link }).finally(() => {
      element.classList.remove("busy");
      for (const b of group) b.disabled = false;
    });
  }

  function buttonOf(chat, bubble, b, look) {
    if (/^https?:/.test(b.url || "") && !b.id) return h("a", { href: b.url, target: "_blank", rel: "noopener noreferrer", class: look }, b.text);
    return h("button", { type: "button", class: look, onclick: (e) => press(chat, bubble, b, e.currentTarget) }, b.text);
  }

  function buttons(chat, bubble, looks) {
    if (bubble.settled) return h("div", { class: "press" }, h("button", { type: "button", class: "settled", disabled: true }, bubble.settled));
    const shown = (bubble.buttons || []).filter((b) => !b.menu);
    if (!shown.length) return null;
    return h("div", { class: "press" }, ...shown.map((b) => buttonOf(chat, bubble, b, looks[b.style || ""])));
  }

  // wecomCard draws a template_card the way WeCom's client does.
  function wecomCard(chat, b) {
    const c = b.card;
    const box = h("div", { class: "in" });
    const add = (...e) => box.append(...e.filter(Boolean));
    if (c.source?.desc) add(h("div", { class: "source" + (c.source.desc_color === 2 ? " red" : "") }, c.source.desc));
    if (c.main_title?.title) add(h("h3", {}, rich(c.main_title.title)));
    if (c.main_title?.desc) add(h("div", { class: "desc" }, rich(c.main_title.desc)));
    if (c.emphasis_content?.title) add(h("div", { class: "big" }, c.emphasis_content.title), h("div", { class: "desc" }, c.emphasis_content.desc || ""));
    if (c.quote_area?.quote_text) add(h("div", { class: "quote" }, c.quote_area.title && h("b", {}, c.quote_area.title), rich(c.quote_area.quote_text)));
    if (c.sub_title_text) add(h("div", { class: "sub" }, rich(c.sub_title_text)));
    const facts = c.horizontal_content_list || [];
    if (facts.length) add(h("dl", {}, ...facts.flatMap((f) => [h("dt", {}, f.keyname), h("dd", {}, f.url ? link(f.url, f.value || f.url) : rich(f.value || ""))])));
    const looks = { 1: "primary", 2: "primary", 4: "danger" };
    return h("div", { class: "bubble card" }, box, buttons(chat, b, looks), ...(c.jump_list || []).map((j) => j.url && h("a", { class: "jump", href: /^https?:/.test(j.url) ? j.url : undefined, target: "_blank", rel: "noopener noreferrer" }, j.title, h("span", {}, "›"))));
  }

  // dingtalkCard draws the public template "markdown with buttons".
  function dingtalkCard(chat, b) {
    const title = b.title || "";
    return h("div", { class: "bubble card" + (title.includes("加急") ? " urgent" : "") }, h("div", { class: "top-line" }),
      h("div", { class: "in" }, h("h3", {}, rich(title)), markdown(b.text || ""), b.card?.tips && h("div", { class: "tips" }, rich(b.card.tips))),
      buttons(chat, b, { blue: "primary", red: "danger" }));
  }

  const fields = { thing: "内容", character_string: "编号", amount: "金额", time: "时间", date: "日期", phrase: "状态", name: "姓名", phone_number: "电话", const: "类型" };

  // templateMessage draws a service account's template message or notice.
  function templateMessage(b) {
    const rows = Object.entries(b.card || {}).flatMap(([key, v]) => [h("dt", {}, fields[key.replace(/\d+$/, "")] || key), h("dd", {}, rich(v.value || ""))]);
    return h("div", { class: "bubble card" }, h("div", { class: "in" }, h("div", { class: "source" }, "服务通知"), h("dl", {}, ...rows)),
      b.url && h("a", { class: "jump", href: /^https?:/.test(b.url) ? b.url : undefined, target: "_blank", rel: "noopener noreferrer" }, "查看详情", h("span", {}, "›")));
  }

  function body(chat, b) {
    if (b.recalled) return h("div", { class: "bubble recalled" }, "消息已撤回");
    const text = [b.title, b.text].filter(Boolean).join("\n");
    switch (b.kind) {
      case "image": {
        const url = b.media_id ? "/media/" + encodeURIComponent(b.media_id) : "";
        if (!url) return h("div", { class: "bubble" }, "[图片]");
        return h("div", { class: "bubble picture" }, h("button", { type: "button", "aria-label": "看大图", onclick: () => { $("#viewer img").src = url; $("#viewer").showModal(); } }, h("img", { src: url, alt: "图片", loading: "lazy", onload: () => stick(chat) })));
      }
      case "file": {
        const name = b.file_name || "文件";
        return h("a", { class: "bubble file", href: "/media/" + encodeURIComponent(b.media_id || ""), download: name }, h("span", { class: "sheet" }, (name.split(".").pop() || "").slice(0, 4).toUpperCase()), h("b", {}, name));
      }
      case "voice": return h("div", { class: "bubble" }, "[语音] " + text);
      case "menu": return h("div", { class: "bubble" }, h("p", {}, rich(b.text || "")), h("div", { class: "menu" }, ...(b.buttons || []).map((x) => buttonOf(chat, b, x, ""))));
      case "template": return templateMessage(b);
      case "markdown": return h("div", { class: "bubble" }, b.title && h("b", {}, b.title), markdown(b.text || ""));
      case "card": return chat.platform === "wecom" ? wecomCard(chat, b) : dingtalkCard(chat, b);
      case "actioncard": return dingtalkCard(chat, b);
      default: {
        const box = h("div", { class: "bubble" }, h("p", {}, rich(text || `[${b.kind}]`)));
        if (b.url) box.append(link(b.url, b.buttons?.[0]?.text || "打开"));
        return box;
      }
    }
  }

  function draw(chat, b, before) {
    const item = h("div", { class: "item" });
    const t = Date.parse(b.time);
    if (!before || t - Date.parse(before.time) > 5 * 60000) {
      item.append(h("div", { class: "when" }, dayOf(t) === dayOf(now()) ? hour.format(t) : `${dayOf(t)} ${hour.format(t)}`));
    }
    if (b.from === "platform" || b.kind === "notice" || b.kind === "event") {
      item.append(h("div", { class: "note" }, b.text || ""));
      return item;
    }
    const own = b.from === "person";
    const face = h("div", { class: "face", "aria-hidden": "true" }, own ? [...chat.person.name][0] : svg(botFace));
    const content = body(chat, b);
    if (b.cut?.length) content.append(h("small", { class: "cut", title: b.cut.join("\n") }, "客户端只显示了一部分"));
    item.append(h("div", { class: "msg" + (own ? " own" : "") }, face, content));
    return item;
  }

  // ---- phones -------------------------------------------------------------------------------------

  const phones = new Map();
  const chats = new Map();
  let ready = false;
  for (const setup of JSON.parse($("#phones").textContent)) {
    const root = $("#phone-" + setup.id);
    const phone = { ...setup, root, person: 0, tab: 0, held: [], log: $(".chat", root), input: $("textarea", root), send: $(".compose button", root) };
    phones.set(phone.id, phone);
    for (const person of phone.people) {
      for (const c of person.chats) chats.set(`${c.platform}/${c.account}`, { ...c, key: `${c.platform}/${c.account}`, person, phone, bubbles: [], nodes: [], seen: 0 });
    }
  }
  const current = (phone) => {
    const c = phone.people[phone.person].chats;
    return chats.get(`${c[Math.min(phone.tab, c.length - 1)].platform}/${c[Math.min(phone.tab, c.length - 1)].account}`);
  };
  const isShown = (phone) => phone.root.offsetParent !== null;
  const atEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 90;
  const toEnd = (log) => { log.scrollTop = log.scrollHeight; };
  function stick(chat) { if (current(chat.phone) === chat && !chat.phone.away) toEnd(chat.phone.log); }

  const unread = (chat) => chat.bubbles.slice(chat.seen).filter((b) => b.from !== "person").length;
  const badge = (e, n) => { e.hidden = n === 0; e.textContent = n > 9 ? "9+" : n || ""; };

  function drawBadges(phone) {
    let all = 0;
    phone.people.forEach((person, i) => {
      const n = person.chats.reduce((sum, c) => sum + unread(chats.get(`${c.platform}/${c.account}`)), 0);
      all += n;
      badge($(`[data-person="${i}"] em`, phone.root), i === phone.person && isShown(phone) ? 0 : n);
    });
    badge($(`#tab-${phone.id} em`), isShown(phone) ? 0 : all);
    $$(".tabs button", phone.root).forEach((b, i) => {
      const c = phone.people[phone.person].chats[i];
      $("em", b).hidden = unread(chats.get(`${c.platform}/${c.account}`)) === 0;
    });
  }

  function read(phone) {
    const chat = current(phone);
    if (isShown(phone)) chat.seen = chat.bubbles.length;
    drawBadges(phone);
  }

  // open shows the chat of the person who holds the phone.
  function open(phone) {
    const person = phone.people[phone.person];
    const chat = current(phone);
    $(".person", phone.root).textContent = person.name;
    $(".role", phone.root).textContent = person.role;
    $(".chat-title", phone.root).textContent = chat.title;
    $(".chat-note", phone.root).textContent = chat.note;
    $$(".people button", phone.root).forEach((b, i) => b.setAttribute("aria-pressed", String(i === phone.person)));
    const tabs = $(".tabs", phone.root);
    tabs.hidden = person.chats.length < 2;
    tabs.replaceChildren(...person.chats.map((c, i) => h("button", {
      type: "button", role: "tab", id: `chat-tab-${c.platform}`, "aria-selected": String(`${c.platform}/${c.account}` === chat.key),
      onclick: () => { phone.tab = i; open(phone); },
    }, c.note, h("em", { hidden: true }))));
    phone.root.dataset.chat = chat.key;
    phone.log.replaceChildren(...(chat.nodes.length ? chat.nodes : [empty(phone)]));
    phone.away = false;
    toEnd(phone.log);
    $(".down", phone.root).hidden = true;
    drawSamples(phone);
    read(phone);
  }

  const empty = (phone) => h("div", { class: "empty" }, phone.id === "sales" ? "这里是业务员和订单助手的聊天。点下面的例句，再点发送。" : phone.id === "customer" ? "客户在微信里看到的。问一句「我的订单到哪了」试试。" : "有事时，消息和卡片会到这里来。");

  function bubblesCame(key, changed) {
    const chat = chats.get(key);
    if (!chat) return;
    const phone = chat.phone;
    const here = current(phone) === chat;
    const wasAtEnd = atEnd(phone.log);
    let mine = false;
    for (const [place, bubble] of Object.entries(changed)) {
      const i = Number(place);
      const node = draw(chat, bubble, chat.bubbles[i - 1]);
      if (i < chat.nodes.length) {
        chat.nodes[i].replaceWith(node);
        chat.nodes[i] = node;
      } else {
        if (here && chat.nodes.length === 0) phone.log.replaceChildren();
        chat.nodes.push(node);
        if (here) phone.log.append(node);
        mine ||= bubble.from === "person";
      }
      chat.bubbles[i] = bubble;
    }
    if (here && (wasAtEnd || mine || !ready)) toEnd(phone.log);
    else if (here) $(".down", phone.root).hidden = false;
    if (!ready) return;
    if (here) read(phone); else drawBadges(phone);
  }

  const canShip = ["approved", "allocated", "stocked", "picking", "checked"];
  // hints are the next words that fit the newest orders.
  function hints(phone) {
    const find = (f) => orders.find(f);
    if (phone.id === "sales") {
      const o = find((x) => x.status === "draft" && x.open === 0 && x.sales === phone.people[phone.person].name);
      return o ? [{ label: "确认 " + short(o.id), text: "确认 " + o.id }] : [];
    }
    if (phone.id === "manager") {
      const o = find((x) => (x.deciders || []).includes(phone.people[phone.person].name));
      const open = find((x) => ["draft", "pending_approval", "approved", "allocated"].includes(x.status));
      const green = open && /总监|运营主管|管理层/.test(phone.people[phone.person].role.replace("财务总监", "")) ? [{ label: "绿色通道 " + short(open.id), text: "绿色通道 " + open.id }] : [];
      return o ? [...green, { label: "同意 " + short(o.id), text: "同意 " + o.id }, { label: "驳回 " + short(o.id), text: `驳回 ${o.id} 价格再谈一下` }] : green;
    }
    if (phone.id === "warehouse") {
      const o = orders.filter((x) => canShip.includes(x.status)).pop();
      return o ? [{ label: "发货 " + short(o.id), text: `发货 ${o.id} SF1${o.id.slice(2).padStart(12, "0").slice(-12)}` }] : [];
    }
    return [];
  }
  const short = (id) => "…" + id.slice(-4);

  function drawSamples(phone) {
    const platform = current(phone).platform;
    const fits = phone.samples.filter((s) => !s.only || s.only === platform);
    $(".samples", phone.root).replaceChildren(
      ...hints(phone).map((s) => h("button", { type: "button", class: "hint", onclick: () => insert(phone, s) }, s.label)),
      ...fits.map((s) => h("button", { type: "button", onclick: () => insert(phone, s) }, s.label)));
  }

  async function insert(phone, s) {
    if (s.file) {
      const r = await fetch("/samples/" + encodeURIComponent(s.file));
      const data = await r.blob();
      hold(phone, [new File([data], s.file, { type: data.type })]);
    }
    if (s.text) {
      phone.input.value = s.text;
      grow(phone);
    }
    phone.input.focus({ preventScroll: true });
  }

  function grow(phone) {
    phone.input.style.height = "auto";
    const wanted = phone.input.scrollHeight; // 0 while the phone is out of sight
    phone.input.style.height = wanted ? Math.min(wanted, 124) + "px" : "";
    phone.send.disabled = !phone.input.value.trim() && phone.held.length === 0;
  }

  // hold keeps files beside the input until they are sent.
  function hold(phone, files) {
    const platform = current(phone).platform;
    for (const f of files) {
      const picture = f.type === "image/png" || f.type === "image/jpeg";
      if (f.size > 20 << 20) { toast(`${f.name} 超过 20 MB，平台不收`, true); continue; }
      if (!picture && platform === "wecom") { toast("企业微信的应用只收文字和 JPG、PNG 图片，文件请发给钉钉机器人", true); continue; }
      if (!picture && platform === "service_account") { toast("服务号只收文字和 JPG、PNG 图片，文件请发到微信客服", true); continue; }
      phone.held.push({ file: f, url: picture ? URL.createObjectURL(f) : "" });
    }
    drawHeld(phone);
  }

  function drawHeld(phone) {
    const box = $(".held", phone.root);
    box.hidden = phone.held.length === 0;
    box.replaceChildren(...phone.held.map((x) => h("figure", { class: x.url && "img" }, x.url ? h("img", { src: x.url, alt: x.file.name }) : x.file.name,
      h("button", { type: "button", "aria-label": "不发 " + x.file.name, onclick: () => { phone.held = phone.held.filter((y) => y !== x); drawHeld(phone); } }, "×"))));
    grow(phone);
  }

  async function submit(phone) {
    const chat = current(phone);
    const text = phone.input.value.trim();
    const files = phone.held;
    if (!text && !files.length) return;
    phone.input.value = "";
    phone.held = [];
    drawHeld(phone);
    for (const { file } of files) {
      const form = new FormData();
      form.append("file", file, file.name);
      await post("/upload?chat=" + encodeURIComponent(chat.key), form);
    }
    if (text && !await post("/text", { chat: chat.key, text }) && !phone.input.value) {
      phone.input.value = text;
      grow(phone);
    }
  }

  for (const phone of phones.values()) {
    const { root, input, log } = phone;
    $$(".people button", root).forEach((b, i) => b.addEventListener("click", () => { phone.person = i; open(phone); }));
    input.addEventListener("input", () => grow(phone));
    input.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); submit(phone); }
    });
    input.addEventListener("paste", (e) => {
      const files = [...(e.clipboardData?.files || [])];
      if (files.length) { e.preventDefault(); hold(phone, files); }
    });
    $(".compose", root).addEventListener("submit", (e) => { e.preventDefault(); submit(phone); });
    $(".file", root).addEventListener("change", (e) => { hold(phone, [...e.target.files]); e.target.value = ""; });
    log.addEventListener("scroll", () => { phone.away = !atEnd(log); if (!phone.away) $(".down", root).hidden = true; }, { passive: true });
    $(".down", root).addEventListener("click", () => toEnd(log));
    new ResizeObserver(() => { if (!phone.away) toEnd(log); }).observe(log);
    const device = $(".device", root);
    const drop = $(".drop", root);
    let depth = 0;
    const carries = (e) => e.dataTransfer?.types.includes("Files");
    device.addEventListener("dragenter", (e) => { if (carries(e)) { e.preventDefault(); depth++; drop.hidden = false; } });
    device.addEventListener("dragover", (e) => { if (carries(e)) e.preventDefault(); });
    device.addEventListener("dragleave", (e) => { if (carries(e) && --depth <= 0) { depth = 0; drop.hidden = true; } });
    device.addEventListener("drop", (e) => { e.preventDefault(); depth = 0; drop.hidden = true; hold(phone, [...e.dataTransfer.files]); });
    grow(phone);
  }
  for (const name of ["dragover", "drop"]) document.addEventListener(name, (e) => e.preventDefault()); // a file beside a phone must not replace the page

  // ---- one phone at a time --------------------------------------------------------------------------

  function show(id) {
    for (const e of $$(".phone, .panel")) e.classList.toggle("shown", e.id === "phone-" + id || e.id === id);
    for (const b of $$(".dock button")) b.setAttribute("aria-selected", String(b.dataset.tab === id));
    const phone = phones.get(id);
    if (phone) { toEnd(phone.log); grow(phone); read(phone); }
    for (const p of phones.values()) drawBadges(p);
  }
  for (const b of $$(".dock button")) b.addEventListener("click", () => show(b.dataset.tab));
  $("#viewer").addEventListener("click", () => $("#viewer").close());

  // ---- orders -----------------------------------------------------------------------------------------

  let orders = [];
  const folded = new Map(); // by order: whether its lines are shown, where the player chose
  const stepNames = ["揽收", "运输", "派件", "签收"];

  function drawOrder(o, newest) {
    const lines = h("details", {},
      h("summary", { onclick: () => folded.set(o.id, !lines.open) }, `${o.lines.length} 行商品`),
      h("ul", { class: "lines" }, ...o.lines.map((l) => h("li", {},
        h("b", { title: l.title }, l.title), h("span", { class: "q" }, l.quantity),
        h("small", { class: l.short && "short" }, [l.code, l.stock, l.short && "库存不足"].filter(Boolean).join(" · ")),
        h("small", { class: "q" }, l.gift ? h("span", { class: "gift" }, "赠") : l.amount)))));
    lines.open = folded.has(o.id) ? folded.get(o.id) : newest;
    return h("article", { class: "order", "data-order": o.id, "data-status": o.status },
      h("div", { class: "head" }, h("span", { class: "id" }, o.id), h("span", { class: `pill ${o.status}${o.ended ? " ended" : ""}` }, o.word), o.urgent && h("span", { class: "pill urgent" }, "加急"), h("span", { class: "sum" }, o.total)),
      h("div", { class: "of" }, [o.customer, o.sales, o.source].filter(Boolean).join(" · ")),
      h("div", { class: "track", role: "list", "aria-label": "七个节点" }, ...o.steps.map((s) => h("span", { role: "listitem", class: s.state === "n/a" ? "none" : s.state, title: s.state === "n/a" ? "不经过" : undefined }, s.name))),
      o.nodes?.length > 0 && h("div", { class: "nodes" }, ...o.nodes.map((n) => h("span", { class: n.status, title: n.outcome }, `${n.role} ${n.name}${{ approved: "同意", rejected: "驳回", open: "待批", passed: "系统通过", void: "作废", transferred: "转交", returned: "退回", skipped: "跳过" }[n.status] || "未到"}`))),
      ...(o.parcels || []).map((p) => h("div", { class: "parcel", "data-parcel": p.number },
        h("div", {}, rich(p.bar)), h("div", { class: "no" }, `${p.name} ${p.number}`),
        !p.ended && h("div", { class: "do", role: "group", "aria-label": "快递的下一步" },
          ...stepNames.map((name, i) => h("button", { type: "button", "data-step": i, class: i === p.done && "next", disabled: i < p.done, onclick: (e) => track(o, p, i, e) }, name)),
          h("button", { type: "button", "data-step": 4, onclick: (e) => track(o, p, 4, e) }, "异常")))),
      lines);
  }

  function track(o, p, step, e) {
    e.currentTarget.disabled = true;
    const b = e.currentTarget;
    post("/track", { order: o.id, shipment: p.no, step }).then((ok) => { if (!ok) b.disabled = false; });
  }

  const stages = { draft: 1, pending_approval: 2, shipped: 4, picked_up: 4, in_transit: 4, out_for_delivery: 4, delivered: 5 };
  function drawOrders() {
    $("#orders-count").textContent = orders.length ? `最近 ${orders.length} 张` : "";
    $("#orders").replaceChildren(...(orders.length ? orders.map((o, i) => drawOrder(o, i === 0)) : [h("div", { class: "empty" }, "还没有订单。从最左边的手机开始：点一个例句，发送，再在卡片上确认。")]));
    const o = orders[0];
    const at = !o || (o.ended && o.status !== "delivered") ? 0 : stages[o.status] ?? 3;
    $$("#story li").forEach((li, i) => { li.className = i < at ? "done" : i === at ? "now" : ""; if (i === at) li.setAttribute("aria-current", "step"); else li.removeAttribute("aria-current"); });
    $("#story-approve").textContent = (at === 2 && o.waits || "经理") + "审批";
    for (const phone of phones.values()) drawSamples(phone);
  }

  const go = {
    order: () => lead("sales", 0),
    confirm: () => lead("sales"),
    approve: () => {
      const phone = phones.get("manager");
      const i = phone.people.findIndex((p) => (orders[0]?.deciders || []).includes(p.name));
      if (i >= 0) phone.person = i;
      lead("manager");
    },
    ship: () => lead("warehouse", 0),
    track: () => { show("panel"); $(".parcel")?.scrollIntoView({ block: "center" }); $(".parcel .next")?.focus(); },
    ask: () => lead("customer", 0),
  };
  // lead shows a phone, with its first sample in the input if asked.
  function lead(id, sample) {
    const phone = phones.get(id);
    show(id);
    open(phone);
    const chip = $$(".samples button", phone.root)[sample];
    if (chip) chip.click();
  }
  for (const b of $$("#story button")) b.addEventListener("click", () => go[b.dataset.go]());

  // ---- calls ----------------------------------------------------------------------------------------------

  // shortPath leaves out what tells nothing in a narrow list; the opened call shows all of it.
  const shortPath = (path) => path.replace(/^\/(cgi-bin\/|v1\.0\/)?/, "").split("/").map((s) => s.length > 16 ? s.slice(0, 5) + "…" : s).join("/");

  const platformNames = { wecom: "企微", service_account: "服务号", dingtalk: "钉钉", dingtalk_legacy: "钉钉旧版", kuaidi100: "快递100", kuaidi100_detect: "快递100" };
  let calls = [];
  const keep = 400;

  function drawCall(c) {
    const e = h("details", { class: "call" + (c.outbound ? " out" : "") + (c.failed ? " failed" : ""), "data-seq": c.seq },
      h("summary", { title: `${c.outbound ? "平台 → 服务器" : "服务器 → 平台"}　${c.path}` }, h("span", { class: "dir" }, c.outbound ? "↓" : "↑"), h("span", { class: "plat" }, platformNames[c.platform] || c.platform),
        h("span", { class: "method" }, c.method), h("span", { class: "path" }, shortPath(c.path)), h("span", { class: "code" }, c.code && c.code !== "0" ? c.code : c.status === 200 ? "ok" : String(c.status || "断开")), h("span", { class: "at" }, second.format(c.at))));
    e.addEventListener("toggle", async () => {
      if (!e.open || e.childElementCount > 1) return;
      const r = await fetch("/calls/" + c.seq);
      if (!r.ok) { e.append(h("pre", {}, "已经不在了")); return; }
      const full = await r.json();
      const pretty = (text) => { try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; } };
      e.append(h("h4", {}, `${full.method} ${full.path}${full.query ? "?" + full.query : ""} · ${Math.max(0.1, c.took).toFixed(1)} ms · HTTP ${full.status}`));
      if (full.request) e.append(h("h4", {}, "请求"), h("pre", {}, pretty(full.request)));
      if (full.response) e.append(h("h4", {}, "回应"), h("pre", {}, pretty(full.response)));
    });
    return e;
  }

  function callsCame(list) {
    calls = calls.concat(list).slice(-keep);
    const box = $("#calls");
    $(".empty", box)?.remove();
    const onlyFailed = $("#calls-failed").checked;
    box.prepend(...list.filter((c) => !onlyFailed || c.failed).map(drawCall).reverse());
    while (box.childElementCount > keep) box.lastElementChild.remove();
    $("#calls-count").textContent = `${calls.at(-1).seq} 次`;
  }
  $("#calls-failed").addEventListener("change", () => {
    const shown = calls.filter((c) => !$("#calls-failed").checked || c.failed);
    $("#calls").replaceChildren(...(shown.length ? shown.map(drawCall).reverse() : [h("div", { class: "empty" }, "没有")]));
  });

  // ---- clock ----------------------------------------------------------------------------------------------

  const time = $("#time");
  const wide = matchMedia("(min-width: 760px)");
  const fold = () => { time.open = wide.matches; };
  wide.addEventListener("change", fold);
  fold();
  time.addEventListener("click", (e) => { if (wide.matches && e.target.closest("summary")) e.preventDefault(); });
  document.addEventListener("click", (e) => { if (!wide.matches && !time.contains(e.target)) time.open = false; });
  for (const b of $$("[data-advance]")) b.addEventListener("click", () => { post("/clock", { advance: b.dataset.advance }); if (!wide.matches) time.open = false; });

  // ---- live -------------------------------------------------------------------------------------------------

  const source = new EventSource("/events");
  const on = (name, f) => source.addEventListener(name, (e) => f(JSON.parse(e.data)));
  on("hello", () => { // a new stream tells everything from the start
    document.body.classList.remove("lost");
    ready = false;
    calls = [];
    $("#calls").replaceChildren(h("div", { class: "empty" }, "还没有调用"));
    for (const c of chats.values()) { c.bubbles = []; c.nodes = []; }
    for (const p of phones.values()) open(p);
  });
  on("chat", (e) => bubblesCame(e.chat, e.bubbles));
  on("calls", callsCame);
  on("orders", (list) => { orders = list; drawOrders(); });
  on("clock", (e) => { shift = e.shift; drawClock(); });
  on("ready", () => {
    ready = true;
    for (const c of chats.values()) c.seen = c.bubbles.length;
    for (const p of phones.values()) { toEnd(p.log); read(p); }
    document.body.dataset.ready = "yes";
  });
  source.onerror = () => document.body.classList.add("lost");

  drawClock();
  drawOrders();
  show("sales");
})();
