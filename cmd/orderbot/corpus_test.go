package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/bot/simulator"
	"orderbot/cards"
	"orderbot/notify/httpx"
	"orderbot/orders"
	"orderbot/orders/intake"
)

// corpusLine is one message of the corpus.
type corpusLine struct {
	ID       string    `json:"id"`
	Time     time.Time `json:"time"`
	Role     string    `json:"role"`
	Customer string    `json:"customer"`
	Text     string    `json:"text"`
	File     string    `json:"file"`
	Thread   string    `json:"thread"`
	Master   string    `json:"master"`
}

// readCorpus reads the lines of a file of the corpus that belong to one set of master data.
func readCorpus(t *testing.T, file, master string) []corpusLine {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpus, file))
	require.NoError(t, err)
	var out []corpusLine
	for scan := bufio.NewScanner(bytes.NewReader(data)); scan.Scan(); {
		var l corpusLine
		require.NoError(t, json.Unmarshal(scan.Bytes(), &l))
		if l.Master == master {
			out = append(out, l)
		}
	}
	return out
}

// conversation is a thread of the corpus, or a line that stands alone, with a person of its own.
type conversation struct {
	person   string
	door     orders.Platform
	customer orders.CustomerCode // whom a customer is bound to
	lines    []corpusLine
}

// conversations gives each thread a person and the door that fits: sales by WeCom, their files by
// DingTalk (a WeCom app gets none), customers by 微信客服.
func conversations(lines []corpusLine) []*conversation {
	var out []*conversation
	threads := make(map[string]*conversation)
	for _, l := range lines {
		if c := threads[l.Thread]; l.Thread != "" && c != nil {
			c.lines = append(c.lines, l)
			continue
		}
		c := &conversation{person: "p-" + l.ID, door: orders.WeCom, lines: []corpusLine{l}}
		switch {
		case l.Role == intake.RoleCustomer:
			c.door, c.customer = orders.KF, orders.CustomerCode(l.Customer)
		case l.File != "" && !isPicture(l.File):
			c.door = orders.DingTalk
		}
		if l.Thread != "" {
			threads[l.Thread] = c
		}
		out = append(out, c)
	}
	return out
}

func isPicture(name string) bool {
	return slices.Contains([]string{".png", ".jpg"}, strings.ToLower(filepath.Ext(name)))
}

// corpusFirm is a firm whose chats are those of the corpus.
type corpusFirm struct {
	*firm
	opened openedFiles
	chats  []*conversation
	codes  map[orders.CustomerCode]*orders.Customer
}

// newCorpusFirm starts a server with everybody on board: staff in the staff list, customers bound.
func newCorpusFirm(t *testing.T, database, master string, lines []corpusLine) *corpusFirm {
	t.Helper()
	f := &corpusFirm{firm: newFirm(t, database, filepath.Join(corpus, master)), chats: conversations(lines)}
	// Texts and files of one person come one after the other; they are one message to him.
	f.env = append(f.env, "ORDERBOT_TIMES__TURN_PAUSE=5s")
	f.clock.set(fairDay)
	f.opened.Files = recordedPages
	f.files = &f.opened
	var staff []colleague
	bound := make(map[string]orders.CustomerCode)
	for _, c := range f.chats {
		switch c.door {
		case orders.WeCom:
			staff = append(staff, colleague{name: "业务员" + c.person, role: orders.RoleSales, wecom: c.person})
		case orders.DingTalk:
			staff = append(staff, colleague{name: "业务员" + c.person, role: orders.RoleSales, dingtalk: c.person})
		default:
			f.sim.KF.AddCustomer(c.person, "客户"+c.person, "")
			bound[c.person] = c.customer
		}
	}
	f.employ(staff...)
	return f
}

// begin starts the server. The first customer is bound the way customers are, by a code in a link;
// the others find themselves bound.
func (f *corpusFirm) begin() {
	f.t.Helper()
	f.serve()
	f.sql()
	f.codes = make(map[orders.CustomerCode]*orders.Customer)
	for _, c := range f.server.books.catalog().Customers() {
		f.codes[c.Code] = c
	}
	bound := make(map[string]orders.CustomerCode)
	for _, c := range f.chats {
		if c.door == orders.KF {
			bound[c.person] = c.customer
		}
	}
	i := slices.IndexFunc(f.chats, func(c *conversation) bool { return c.door == orders.KF })
	if i < 0 {
		return
	}
	first := f.chats[i]
	ctx := f.t.Context()
	require.True(f.t, f.sim.WeCom.SendText(ctx, "guanli", "绑定码 "+string(first.customer)).Accepted)
	reply := see(f.t, "binding code", f.wecom("guanli"), says("绑定码", f.codes[first.customer].Name, "scene_param"))
	link := regexp.MustCompile(`http\S*scene_param=\S+`).FindString(reply.Text)
	require.NotEmpty(f.t, link, reply.Text)
	require.True(f.t, f.sim.KF.Enter(ctx, first.person, link).Accepted)
	see(f.t, "bound", f.kf(first.person), says("绑定成功", f.codes[first.customer].Name))
	delete(bound, first.person)
	f.bind(bound)
}

// send says a line: its words, then its file. It returns the platform's ids of the messages.
func (f *corpusFirm) send(ctx context.Context, t *testing.T, c *conversation, l corpusLine) (keys []string) {
	t.Helper()
	at := simulator.At(l.Time)
	var data []byte
	if l.File != "" {
		var err error
		data, err = os.ReadFile(filepath.Join(corpus, filepath.FromSlash(l.File)))
		require.NoError(t, err)
	}
	delivered := func(d simulator.Delivery) {
		t.Helper()
		require.NoError(t, d.Err)
		require.True(t, d.Accepted, "%s: %+v", l.ID, d.Attempts)
		keys = append(keys, d.MsgID)
	}
	pushed := func(p simulator.Push) {
		t.Helper()
		require.True(t, p.OK(), "%s: %+v", l.ID, p)
		for _, again := range p.Copies {
			require.True(t, again.OK(), "%s: %+v", l.ID, again)
		}
		keys = append(keys, p.MsgID)
	}
	switch c.door {
	case orders.WeCom:
		if l.Text != "" {
			delivered(f.sim.WeCom.SendText(ctx, c.person, l.Text, at))
		}
		if data != nil {
			delivered(f.sim.WeCom.SendImage(ctx, c.person, data, at))
		}
	case orders.DingTalk:
		if l.Text != "" {
			pushed(f.sim.DingTalk.SendText(ctx, c.person, l.Text, at))
		}
		if data != nil {
			pushed(f.sim.DingTalk.SendFile(ctx, c.person, filepath.Base(l.File), data, at))
		}
	default:
		if l.Text != "" {
			delivered(f.sim.KF.SendText(ctx, c.person, l.Text, at))
		}
		if isPicture(l.File) {
			delivered(f.sim.KF.SendImage(ctx, c.person, data, at))
		} else if data != nil {
			delivered(f.sim.KF.SendFile(ctx, c.person, filepath.Base(l.File), data, at))
		}
	}
	return keys
}

// chatID is what the server calls the conversation.
func (f *corpusFirm) chatID(c *conversation) string {
	if c.door == orders.KF {
		return f.kfChat(c.person)
	}
	return c.person
}

func (f *corpusFirm) screen(c *conversation) []simulator.Bubble {
	switch c.door {
	case orders.WeCom:
		return f.sim.WeCom.Screen(c.person)
	case orders.DingTalk:
		return f.sim.DingTalk.Screen(c.person)
	default:
		return f.sim.KF.Screen(c.person)
	}
}

// answered waits until a message is answered and everything for its chat is sent.
func (f *corpusFirm) answered(t *testing.T, c *conversation, keys []string) {
	t.Helper()
	const open = `SELECT (SELECT COUNT(*) FROM inbox WHERE platform = ? AND msg_key = ? AND status = 1) - 1
		- (SELECT COUNT(*) FROM deliveries WHERE status = 0 AND platform = ? AND chat_id = ?)`
	for _, key := range keys {
		eventually(t, 15*time.Minute, "answer to "+key, func() bool {
			return number(t, f.sql(), open, string(c.door), key, string(c.door), f.chatID(c)) == 0
		}, func() string {
			return fmt.Sprint(texts(t, f.sql(), "SELECT msg_key, status, error FROM inbox WHERE platform = ? AND chat_id = ?", string(c.door), f.chatID(c)),
				texts(t, f.sql(), "SELECT msg_key, status, error FROM deliveries WHERE platform = ? AND chat_id = ?", string(c.door), f.chatID(c)))
		})
	}
}

// playAll holds every conversation, many at a time.
func (f *corpusFirm) playAll(atOnce int) {
	f.t.Helper()
	free := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for _, c := range f.chats {
		free <- struct{}{}
		all.Go(func() {
			defer func() { <-free }()
			f.t.Run(c.lines[0].ID, func(t *testing.T) { f.play(t, c) })
		})
	}
	all.Wait()
	quiet(f.t, f.sql(), patience)
	for _, c := range f.chats {
		f.once(c)
	}
	sound(f.t, f.db)
}

// play says the lines of a conversation, each when the one before is answered, and compares what
// became of each with what it reads as.
func (f *corpusFirm) play(t *testing.T, c *conversation) {
	t.Helper()
	want := &expected{lexicon: f.server.books.get().Lexicon, customer: c.customer, codes: f.codes}
	for _, l := range c.lines {
		before := len(f.screen(c))
		keys := f.send(t.Context(), t, c, l)
		f.answered(t, c, keys)
		m := intake.Message{ID: l.ID, Thread: l.Thread, Time: l.Time, Role: l.Role, Customer: string(c.customer), Text: l.Text}
		if l.File != "" {
			data, err := os.ReadFile(filepath.Join(corpus, filepath.FromSlash(l.File)))
			require.NoError(t, err)
			m.Doc = f.opened.of(data)
			require.NotNil(t, m.Doc, "%s was not opened", l.File)
		}
		shown, closed := want.read(m)
		f.compare(t, l.ID, c, want)
		checkAnswer(t, l, f.screen(c)[before:], shown, closed)
	}
}

// checkAnswer asserts that a line got one answer: the lines and the card of each of its orders, or
// one reply; before it at most one 收到.
func checkAnswer(t *testing.T, l corpusLine, screen []simulator.Bubble, shown int, closed bool) {
	t.Helper()
	receipts, words, cards := 0, 0, 0
	var seen strings.Builder
	listed, carded := make(map[string]int), make(map[string]int)
	last, joined := "", false // the order of the text before; several orders stand in one text
	for _, b := range screen {
		if b.From != simulator.FromBot {
			continue
		}
		fmt.Fprintf(&seen, "[%s] %s %s %s\n", b.Kind, b.Title, b.Text, b.Card)
		switch id := orderNumber.FindString(b.Title + b.Text + string(b.Card)); {
		case strings.Contains(b.Text, "收到，正在识别"):
			receipts++
			require.Zero(t, words+cards, "%s: 收到 after the answer:\n%s", l.ID, &seen)
		case strings.Contains(b.Text, "这条消息里的第 1 单") && strings.Contains(b.Text, "这条消息里的第 2 单"):
			// Three orders, or two with long cards, would be six messages; a customer's platform lets five through.
			for _, m := range draftTitle.FindAllStringSubmatch(b.Text, -1) {
				listed[m[1]]++
				carded[m[1]] = 1
			}
			cards++
			joined = true
		case b.Text == "请选择：": // the buttons of the text before, which is too long for a menu
			if !joined {
				cards++
				listed[last]--
				carded[last]++
			}
		case len(b.Buttons) > 0:
			cards++
			carded[id]++
		case strings.Contains(b.Text, "订单草稿 "+id) && id != "":
			listed[id]++
			last = id
		default:
			words++
		}
	}
	require.LessOrEqual(t, receipts, 1, "%s: %s", l.ID, &seen)
	if l.File == "" {
		require.Zero(t, receipts, "%s: %s", l.ID, &seen)
	}
	if shown == 0 {
		require.Zero(t, cards+len(listed), "%s: no order, and yet:\n%s", l.ID, &seen)
		if closed { // what it closed tells its own news
			require.GreaterOrEqual(t, words, 1, "%s: %s", l.ID, &seen)
			return
		}
		require.Equal(t, 1, words, "%s is no order and has one reply:\n%s", l.ID, &seen)
		return
	}
	require.LessOrEqual(t, words, 1, "%s: %s", l.ID, &seen) // what could not be read of a file
	require.Len(t, carded, shown, "%s has %d orders:\n%s", l.ID, shown, &seen)
	for id, n := range carded {
		require.NotEmpty(t, id, "%s: a card without a number:\n%s", l.ID, &seen)
		require.Equal(t, 1, n, "%s: %s has one card:\n%s", l.ID, id, &seen)
		require.LessOrEqual(t, listed[id], 2, "%s: %s has one list of lines:\n%s", l.ID, id, &seen)
	}
}

// draftTitle is how the lines and the card of a draft begin.
var draftTitle = regexp.MustCompile(`订单草稿 (SO\d+)`)

// once asserts that what stands on the screen is what was to be sent, each once.
func (f *corpusFirm) once(c *conversation) {
	f.t.Helper()
	seen := 0
	for _, b := range f.screen(c) {
		if b.From == simulator.FromBot && b.Text != "请选择：" { // the choices of a long message
			seen++
		}
	}
	sent := 0
	for _, body := range texts(f.t, f.sql(), "SELECT body FROM deliveries WHERE platform = ? AND chat_id = ? AND replaces = 0", string(c.door), f.chatID(c)) {
		var m cards.Message
		require.NoError(f.t, json.Unmarshal([]byte(body), &m))
		sent += len(httpx.Split(m.Text, 2048)) // several orders in one text may be longer than a message
	}
	require.Equal(f.t, sent, seen, "messages on the screen of %s: %+v", c.person, f.screen(c))
}

// expected is what the orders of a conversation must be, by the reader alone.
type expected struct {
	lexicon  *intake.Lexicon
	customer orders.CustomerCode
	codes    map[orders.CustomerCode]*orders.Customer
	thread   *intake.Thread
	orders   []expectedOrder
	current  []int // the drafts that the thread talks about
}

type expectedOrder struct {
	draft  intake.Draft
	asks   []intake.Ask
	status string // draft, cancelled, or confirmed for whatever comes after
}

// read takes one line. It returns how many drafts the answer must show, and whether a draft came to
// its end.
func (e *expected) read(m intake.Message) (shown int, closed bool) {
	r, thread := e.lexicon.Read(m, e.thread)
	if r.Error != "" {
		return 0, false
	}
	foreign := slices.ContainsFunc(r.Orders, func(d intake.Draft) bool {
		return e.customer != "" && d.Customer != "" && d.Customer != string(e.customer)
	})
	switch {
	case (r.Intent == intake.IntentOrder || r.Intent == intake.IntentChange) && foreign:
		return 0, false // a customer orders for himself alone; nothing stands
	case r.Intent == intake.IntentOrder, r.Intent == intake.IntentChange && len(e.current) == 0 && len(r.Orders) > 0:
		e.current = nil
		for i, d := range r.Orders {
			e.current = append(e.current, len(e.orders))
			e.orders = append(e.orders, expectedOrder{draft: d, asks: asksOf(r.Asks, i), status: "draft"})
		}
		shown = len(r.Orders)
	case r.Intent == intake.IntentChange && len(r.Orders) > 0:
		kept := e.current
		e.current = nil
		for i, d := range r.Orders {
			o := expectedOrder{draft: d, asks: asksOf(r.Asks, i), status: "draft"}
			if i < len(kept) {
				e.orders[kept[i]] = o
				e.current = append(e.current, kept[i])
				continue
			}
			e.current = append(e.current, len(e.orders))
			e.orders = append(e.orders, o)
		}
		for _, k := range kept[min(len(r.Orders), len(kept)):] {
			e.orders[k].status, closed = "cancelled", true
		}
		shown = len(r.Orders)
	case r.Intent == intake.IntentCancel && (r.Ref == "" || r.Ref == intake.RefLast):
		for _, k := range e.current {
			e.orders[k].status, closed = "cancelled", true
		}
		e.current = nil
	case r.Intent == intake.IntentConfirm:
		for _, k := range e.current {
			if !slices.ContainsFunc(e.orders[k].asks, func(a intake.Ask) bool {
				return a.Reason != intake.ReasonUnusual && a.Reason != intake.ReasonConflict
			}) {
				e.orders[k].status, closed = "confirmed", true
			}
		}
	}
	e.thread = thread
	return shown, closed
}

func asksOf(all []intake.Ask, order int) []intake.Ask {
	prefix := fmt.Sprintf("orders[%d].", order)
	var out []intake.Ask
	for _, a := range all {
		if field, ok := strings.CutPrefix(a.Field, prefix); ok {
			a.Field = field
			out = append(out, a)
		}
	}
	return out
}

// compare compares the orders of a chat in the database with what they must be.
func (f *corpusFirm) compare(t *testing.T, line string, c *conversation, want *expected) {
	t.Helper()
	source := fmt.Sprintf(`%%"id":"%s"%%`, f.chatID(c))
	ids := texts(t, f.sql(), "SELECT id FROM orders WHERE source LIKE ? ORDER BY id", source)
	require.Len(t, ids, len(want.orders), "orders of %s", line)
	for i, id := range ids {
		o, err := f.server.store.FindOrder(t.Context(), orders.OrderID(id))
		require.NoError(t, err)
		require.Equal(t, want.seen(i), seenOrder(o), "%s: order %d", line, i+1)
	}
}

// orderSeen is what of an order comes from the message.
type orderSeen struct {
	Status, Customer                        string
	Lines                                   []string
	DeliverBy, Carrier, Contact, Phone      string
	Address, Payment, PO, Note, UrgentWords string
	Urgent                                  bool
	Questions                               []string
}

func seenOrder(o *orders.Order) orderSeen {
	s := orderSeen{
		Status: string(o.Status), Customer: string(o.Customer), DeliverBy: o.DeliverBy, Carrier: o.Carrier, Contact: o.Contact, Phone: o.Phone,
		Address: o.Address, Payment: o.Payment, PO: o.PO, Note: o.Note, Urgent: o.Urgent, UrgentWords: o.UrgentWords,
	}
	if o.Status != orders.StatusDraft && o.Status != orders.StatusCancelled {
		s.Status = "confirmed"
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		stated := ""
		if l.Stated != nil {
			stated = l.Stated.String()
		}
		s.Lines = append(s.Lines, fmt.Sprintf("%s %s%s = %s @%s %t", l.Product, l.Quantity, l.Unit, l.Base, stated, l.Gift))
	}
	for _, q := range o.Questions {
		if q.Field == orders.FieldTwin { // says what came before, not what the message holds
			continue
		}
		s.Questions = append(s.Questions, fmt.Sprintf("%s %s %v %s", q.Field, q.Reason, q.Options, asked(q.Text)))
	}
	return s
}

// asked is a question up to the words it is about: what follows depends on how the options are shown.
func asked(text string) string {
	before, _, _ := strings.Cut(text, "」")
	before, _, _ = strings.Cut(before, "：")
	return strings.TrimRight(before, "？?")
}

// seen is the same of an expected order; what the message leaves out is the customer's own.
func (e *expected) seen(i int) orderSeen {
	d := e.orders[i].draft
	if d.Customer == "" {
		d.Customer = string(e.customer)
	}
	if c := e.codes[orders.CustomerCode(d.Customer)]; c != nil {
		if d.Contact == "" && d.Phone == "" {
			d.Contact, d.Phone = c.Contact, c.Phone
		}
		if d.Address == "" && d.Carrier != "SELF" {
			d.Address = c.Address
		}
		if d.Payment == "" {
			d.Payment = c.Terms
		}
	}
	s := orderSeen{
		Status: e.orders[i].status, Customer: d.Customer, DeliverBy: d.DeliverBy, Carrier: d.Carrier, Contact: d.Contact, Phone: d.Phone,
		Address: d.Address, Payment: d.Payment, PO: d.PO, Note: d.Note, Urgent: d.Urgent, UrgentWords: d.UrgentWords,
	}
	for _, l := range d.Lines {
		s.Lines = append(s.Lines, fmt.Sprintf("%s %s%s = %s @%s %t", l.Product, plain(l.Quantity), l.Unit, plain(l.BaseQuantity), l.Price, l.Gift))
	}
	for _, a := range e.orders[i].asks {
		s.Questions = append(s.Questions, fmt.Sprintf("%s %s %v %s", a.Field, a.Reason, a.Options, asked(a.Text)))
	}
	return s
}

// plain is the number as an order holds it: nothing said is 0.
func plain(number string) string {
	if number == "" {
		return "0"
	}
	return number
}

// masters are the corpus's sets of master data.
var masters = []string{"medical", "hardware"}

// All messages of the corpus go in by the doors that fit. Each gets exactly one answer, and what
// lands in the database is what the reader reads.
func TestCorpusMessages(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		for _, master := range masters {
			t.Run(name+"/"+master, func(t *testing.T) {
				t.Parallel()
				f := newCorpusFirm(t, database(t), master, readCorpus(t, "messages.jsonl", master))
				f.begin()
				f.playAll(40)
			})
		}
	}
}

// The same for all files. The pictures are recognised for real, except where the recorded pages are
// asked for.
func TestCorpusFiles(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		for _, master := range masters {
			t.Run(name+"/"+master, func(t *testing.T) {
				t.Parallel()
				f := newCorpusFirm(t, database(t), master, readCorpus(t, "files.jsonl", master))
				if os.Getenv("ORDERBOT_TEST_OCR") != "recorded" {
					f.opened.Files = liveOCR(t)
				}
				f.begin()
				f.playAll(10)
			})
		}
	}
}
