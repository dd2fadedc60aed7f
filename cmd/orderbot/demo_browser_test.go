package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"orderbot/orders"
)

var update = flag.Bool("update", false, "save the picture of the demo in docs/demo.png")

// player is somebody at the demo's page, with a browser of their own.
type player struct {
	t      *testing.T
	ctx    context.Context
	demo   *demo
	narrow bool // one phone at a time, chosen by the tabs
}

// startDemo starts the demo on free ports with a database of its own.
func startDemo(t *testing.T, folder string) *demo {
	t.Helper()
	d, err := openDemo(t.Context(), "127.0.0.1:0", folder, &program{stdout: io.Discard, stderr: t.Output(), env: os.Environ()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.close()) })
	require.NoError(t, d.start(t.Context()))
	return d
}

// play opens the page in a browser window of that size.
func play(t *testing.T, d *demo, width, height int64) *player {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(int(width), int(height)),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.UserDataDir(t.TempDir()))
	browser, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	p := &player{t: t, ctx: ctx, demo: d, narrow: width < 760}
	var mu sync.Mutex
	var wrong []string
	require.NoError(t, chromedp.Listen(ctx, func(e any) {
		if x, is := e.(*runtime.EventExceptionThrown); is {
			mu.Lock()
			defer mu.Unlock()
			wrong = append(wrong, fmt.Sprintf("line %d: %s", x.ExceptionDetails.LineNumber+1, x.ExceptionDetails.Text))
		}
	}))
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		require.Empty(t, wrong, "the page's scripts failed")
	})
	p.do("open the page", chromedp.EmulateViewport(width, height), chromedp.Navigate(d.address()), chromedp.WaitVisible(chromedp.CSS(`body[data-ready=yes]`)))
	return p
}

// do carries out actions; each must succeed in time.
func (p *player) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	get(p, what, chromedp.Steps(actions...))
}

// get carries out an action and returns its result.
func get[T any](p *player, what string, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	out, err := chromedp.Run(ctx, action)
	if err != nil {
		screens, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`[...document.querySelectorAll(".phone")].map(p => p.id + ":\n" + p.querySelector(".chat").textContent).join("\n----\n")`))
		p.t.Fatalf("%s: %v\n%s", what, err, screens)
	}
	return out
}

// hold takes up a phone.
func (p *player) hold(phone string) {
	p.t.Helper()
	if p.narrow {
		p.do("take up "+phone, chromedp.Click(chromedp.ID("tab-"+phone)))
	}
}

// write types a message into a phone and sends it.
func (p *player) write(phone, text string) {
	p.t.Helper()
	p.hold(phone)
	p.do("write "+text, chromedp.SendKeys(chromedp.ID("input-"+phone), text), chromedp.Click(chromedp.ID("send-"+phone)))
}

// sees waits until the newest of what fits is on a phone, and returns its text.
func (p *player) sees(phone string, words ...string) string {
	p.t.Helper()
	p.hold(phone)
	return get(p, fmt.Sprintf("%s sees %q", phone, words), chromedp.PollFunction[string](`(id, words) => {
		const bot = [...document.querySelectorAll("#chat-" + id + " .msg:not(.own) .bubble")].reverse();
		const found = bot.find((b) => words.every((w) => b.textContent.includes(w)));
		return found ? found.innerText : false;
	}`, chromedp.WithPollingArgs(phone, words)))
}

// presses clicks a button of the newest card on a phone that has it.
func (p *player) presses(phone, button string, words ...string) {
	p.t.Helper()
	p.hold(phone)
	path := fmt.Sprintf(`(//*[@id="chat-%s"]//*[contains(@class,"card")]`, phone)
	for _, w := range words {
		path += fmt.Sprintf(`[contains(., "%s")]`, w)
	}
	path += fmt.Sprintf(`//button[normalize-space()="%s"][not(@disabled)])[last()]`, button)
	p.do("press "+button, chromedp.Click(chromedp.Search(path)))
}

// panel waits until the newest order's status is the given one, and returns its number.
func (p *player) panel(status string) string {
	p.t.Helper()
	p.hold("panel")
	return get(p, "status "+status, chromedp.PollFunction[string](`(status) => {
		const o = document.querySelector("#orders .order");
		return o && o.dataset.status === status ? o.dataset.order : false;
	}`, chromedp.WithPollingArgs(status)))
}

// courier presses a step of the newest order's parcel.
func (p *player) courier(step string) {
	p.t.Helper()
	p.hold("panel")
	p.do("courier: "+step, chromedp.Click(chromedp.Search(fmt.Sprintf(`(//*[@id="orders"]//*[contains(@class,"parcel")])[1]//button[normalize-space()="%s"][not(@disabled)]`, step))))
}

// fits checks that nothing is wider than the window.
func (p *player) fits() {
	p.t.Helper()
	wide := get(p, "measure", chromedp.Evaluate[[]string](`(() => {
		const limit = document.documentElement.clientWidth;
		const clipped = (e) => { for (let x = e.parentElement; x; x = x.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(x).overflowX) && x !== document.body) return true; return false; };
		const out = [...document.querySelectorAll("body *")].filter((e) => {
			const r = e.getBoundingClientRect();
			return r.width > 0 && (r.right > limit + 1 || r.left < -1) && !clipped(e);
		}).map((e) => e.tagName + "." + e.className);
		const scrolls = [...document.querySelectorAll(".chat, .scroll")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => "scrolls: " + e.id);
		if (document.documentElement.scrollWidth > limit) out.push("the page scrolls sideways");
		return out.concat(scrolls);
	})()`))
	require.Empty(p.t, wide, "wider than the window")
}

// wholeWay plays an order from the message to the signature; told is called at each turn.
func (p *player) wholeWay(turn func(name string)) {
	p.t.Helper()
	p.hold("customer")
	p.sees("customer", "绑定成功")
	turn("start")
	p.write("sales", "澜州市第一人民医院要医用外科口罩耳挂式20箱，丁腈手套M码8箱")
	lines := p.sees("sales", "P003", "P009")
	require.Contains(p.t, lines, "20箱")
	id := p.panel("draft")
	p.sees("sales", id, "确认下单", "修改", "取消")
	turn("draft")
	p.presses("sales", "确认下单", id)
	require.Equal(p.t, id, p.panel("pending_approval"))

	p.sees("manager", "待审批", id, "同意", "驳回", "更多")
	turn("approval")
	p.presses("manager", "同意", id)
	p.sees("manager", id, "已同意 王敏")
	p.sees("sales", id, "已批准")
	p.sees("warehouse", id, "医用外科口罩")
	turn("picking")
	p.write("warehouse", "发货 "+id+" SF1234567890123")
	p.sees("warehouse", "已发货 "+id, "SF1234567890123")
	require.Equal(p.t, id, p.panel("shipped"))
	turn("shipped")
	for _, step := range []struct{ press, status string }{{"揽收", "picked_up"}, {"运输", "in_transit"}, {"派件", "out_for_delivery"}} {
		p.courier(step.press)
		require.Equal(p.t, id, p.panel(step.status))
	}
	p.write("customer", "我的订单到哪了")
	nodes := p.sees("customer", "订单 "+id, "🔴🟡🟢⚪ 派件中")
	for _, n := range []string{"下单", "审核", "排产", "入库", "出库", "在途", "签收"} {
		require.Contains(p.t, nodes, n)
	}
	turn("asked")
	p.courier("签收")
	require.Equal(p.t, id, p.panel("delivered"))
	p.write("customer", id+" 到哪了")
	p.sees("customer", "订单 "+id, "🔴🟡🟢🔵 已签收")
	turn("end")
}

func TestANewcomerPlaysTheWholeWayByClickingAndTyping(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	p := play(t, d, 1440, 900)
	p.wholeWay(func(name string) {
		p.fits()
		p.shot(name)
	})
	if *update { // a picture with something to press on it
		p.write("sales", "急！澜州市急救中心要N95折叠式5箱，免洗手消毒凝胶2箱，今天务必送到")
		urgent := p.panel("draft")
		p.presses("sales", "确认下单", urgent)
		p.sees("manager", "待审批", urgent, "同意")
		p.write("sales", "澜州市中医院 24G留置针4盒，酒精棉片2箱")
		p.sees("sales", p.panel("draft"), "确认下单")
		p.save(filepath.Join("..", "..", "docs", "demo.png"))
	}
}

// feature: IN-30
func TestTheWholeWayOnAPhone(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	p := play(t, d, 390, 844)
	p.wholeWay(func(name string) {
		for _, tab := range []string{"sales", "manager", "warehouse", "customer", "panel"} {
			p.hold(tab)
			shown := get(p, "what is shown", chromedp.Evaluate[[]string](`[...document.querySelectorAll(".phone, .panel")].filter((e) => e.offsetParent).map((e) => e.id.replace("phone-", ""))`))
			require.Equal(t, []string{tab}, shown)
			p.fits()
			p.shot(name + "-" + tab)
		}
	})
}

// becomes hands a phone to somebody else.
func (p *player) becomes(phone, name string) {
	p.t.Helper()
	p.hold(phone)
	p.do(phone+" becomes "+name, chromedp.Click(chromedp.CSS(fmt.Sprintf(`#phone-%s .people button[title^="%s "]`, phone, name))),
		chromedp.WaitVisible(chromedp.Search(fmt.Sprintf(`//*[@id="person-%s"][.="%s"]`, phone, name))))
}

// advances puts the clock of server and platforms forward.
func (p *player) advances(step string) {
	p.t.Helper()
	if p.narrow {
		p.do("open the clock", chromedp.Click(chromedp.CSS("#time summary")))
	}
	p.do("advance by "+step, chromedp.Click(chromedp.ID("advance-"+step)))
}

// The whole approval chain by clicking: the sales manager is away and stood in for, finance decides, the CFO lets the
// time limit pass and the superior decides. What is printed is what was done.
// feature: AP-22
func TestTheWholeApprovalChainOnAPhone(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	p := play(t, d, 390, 844)
	p.becomes("manager", "王敏")
	p.do("a sample", chromedp.Click(chromedp.Search(`//*[@id="phone-manager"]//*[contains(@class,"samples")]/button[.="请假"]`)), chromedp.Click(chromedp.ID("send-manager")))
	p.sees("manager", "已登记：王敏", "由高洁代")
	p.shot("chain-leave")

	p.write("sales", "澜州骨科医院要医用外科口罩耳挂式70箱")
	id := p.panel("draft")
	p.presses("sales", "确认下单", id)
	require.Equal(t, id, p.panel("pending_approval"))
	p.shot("chain-orders")

	p.becomes("manager", "孙远")
	p.do("a hint", chromedp.Click(chromedp.Search(`//*[@id="phone-manager"]//*[contains(@class,"samples")]/button[starts-with(., "绿色通道")]`)), chromedp.Click(chromedp.ID("send-manager")))
	p.presses("manager", "☐ 启用安全库存", id)
	p.sees("manager", "绿色通道 "+id, "☑ 启用安全库存", "☐ 跳过信用复核")
	p.fits()
	p.shot("chain-green")

	p.becomes("manager", "高洁")
	p.sees("manager", "待审批", id, "高洁（代王敏）", "信用", "同意")
	p.fits()
	p.shot("chain-deputy")
	p.presses("manager", "同意", id)
	p.sees("manager", id, "已同意 高洁（代王敏）")

	p.becomes("manager", "李岚")
	p.sees("manager", "待审批", id, "同意")
	p.presses("manager", "同意", id)
	p.sees("manager", id, "已同意 李岚")

	p.becomes("manager", "赵启文")
	p.sees("manager", "待审批", id, "同意")
	p.advances("4h")
	p.becomes("manager", "钱进")
	p.sees("manager", "待审批", id, "已等 4 小时", "同意")
	p.fits()
	p.shot("chain-escalated")
	p.presses("manager", "同意", id)
	p.sees("manager", id, "已同意 钱进")
	p.becomes("manager", "赵启文")
	p.sees("manager", id, "已同意 钱进")
	p.sees("sales", id, "已批准")
	p.sees("warehouse", id, "医用外科口罩")
	require.Equal(t, id, p.panel("allocated"))
	p.shot("chain-decided")
	p.fits()

	p.write("sales", "进度 "+id)
	printed := p.sees("sales", "进度 "+id, "已占货")
	o, err := d.server.store.FindOrder(t.Context(), orders.OrderID(id))
	require.NoError(t, err)
	var who []string
	at := 0
	for i := range o.Nodes {
		n := &o.Nodes[i]
		require.Equal(t, orders.NodeApproved, n.Status)
		who = append(who, n.Who()+" "+n.Name)
		line := fmt.Sprintf("%d ✅ %s %s", n.Seq, n.Who(), n.Name)
		found := strings.Index(printed[at:], line)
		require.GreaterOrEqual(t, found, 0, "%s\n%s", line, printed)
		at += found
	}
	require.Equal(t, []string{"销售经理 高洁（代王敏）", "财务 李岚", "财务总监 钱进"}, who)
	p.shot("chain-progress")
}

func TestTheChatTakesWhatThePlatformTakes(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	p := play(t, d, 1440, 900)
	// bring lets files come to a phone as the browser does it: pasted or dropped.
	bring := func(phone, how, name, kind string) {
		p.do(how, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`(async () => {
			const canvas = Object.assign(document.createElement("canvas"), {width: 60, height: 40});
			const picture = await new Promise((done) => canvas.toBlob(done));
			const files = new DataTransfer();
			files.items.add(new File([%t ? picture : "no workbook"], %q, {type: %q}));
			const options = {bubbles: true, cancelable: true, clipboardData: files, dataTransfer: files};
			if (%q === "paste") document.getElementById("input-%s").dispatchEvent(new ClipboardEvent("paste", options));
			else document.querySelector("#phone-%s .device").dispatchEvent(new DragEvent("drop", options));
		})()`, kind == "image/png", name, kind, how, phone, phone), chromedp.EvalAwaitPromise))
	}
	own := func(phone, selector, want string) {
		p.do(want, chromedp.PollFunction[chromedp.Void](`(id, selector, want = "") => [...document.querySelectorAll("#chat-" + id + " .own " + selector)].some((e) => e.textContent.includes(want))`,
			chromedp.WithPollingArgs(phone, selector, want)))
	}
	held := func(phone string) int {
		return get(p, "held", chromedp.Evaluate[int](fmt.Sprintf(`document.querySelectorAll("#phone-%s .held figure").length`, phone)))
	}

	const markup = `<img src=x onerror="document.title='broken'"> <b>粗</b> [a](javascript:alert(1)) **x**`
	p.write("sales", markup)
	own("sales", ".bubble p", markup)
	require.Equal(t, "orderbot 演示", get(p, "title", chromedp.Title()))

	bring("sales", "paste", "order.png", "image/png")
	require.Equal(t, 1, held("sales"))
	p.do("send", chromedp.Click(chromedp.ID("send-sales")))
	own("sales", ".picture", "")
	require.Zero(t, held("sales"))

	bring("sales", "drop", "order.xlsx", "application/octet-stream")
	require.Zero(t, held("sales"), "an application in WeCom takes no files")
	p.do("the player is told", chromedp.WaitVisible(chromedp.Search(`//*[@id="toasts"]//*[contains(., "发给钉钉机器人")]`)))
	bring("manager", "drop", "order.xlsx", "application/octet-stream")
	require.Equal(t, 1, held("manager"))
	p.do("send", chromedp.Click(chromedp.ID("send-manager")))
	own("manager", ".file", "order.xlsx")

	p.do("time", chromedp.Click(chromedp.ID("advance-4h")), chromedp.WaitVisible(chromedp.Search(`//*[@id="ahead"][.="快 4小时"]`)))
	require.Equal(t, 4*time.Hour, d.clock.Shift())
	p.do("another person", chromedp.Click(chromedp.CSS(`#phone-manager [data-person="2"]`)), chromedp.WaitVisible(chromedp.Search(`//*[@id="person-manager"][.="赵启文"]`)))
	p.do("a call's bodies", chromedp.Click(chromedp.CSS(`#calls .call summary`)), chromedp.WaitVisible(chromedp.CSS(`#calls .call[open] pre`)))
}

// shot keeps a picture where the environment asks for it, to be looked at.
func (p *player) shot(name string) {
	folder := os.Getenv("DEMO_SHOTS")
	if folder == "" {
		return
	}
	width := "1440"
	if p.narrow {
		width = "390"
	}
	p.save(filepath.Join(folder, width+"-"+name+".png"))
}

// save takes a picture of the window.
func (p *player) save(file string) {
	p.t.Helper()
	p.do("wait for the movements to end", chromedp.Sleep(400*time.Millisecond))
	picture := get(p, "picture", chromedp.CaptureScreenshot())
	require.NoError(p.t, os.WriteFile(file, picture, 0o600))
}
