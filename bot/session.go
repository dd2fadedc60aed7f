package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/intake/page"
)

// session is the answering of one part of a turn.
type session struct {
	clerk    *Clerk
	part     *orders.Turn
	in       orders.Inbound // the first message
	books    *Books
	now      time.Time
	docs     []opened
	internal string            // the message's words for the warehouse alone
	extra    map[string]string // its fields that only some orders have
	// rulesFile is what was sent to become the rules; nil: nothing of the kind.
	rulesFile *rulesFile
	// form is an approval form that was agreed; nil: nothing of the kind. formErr is why it can't be had.
	form    []orders.FormField
	formErr error
	// kept are files that belong to an order unread; nil: there are none.
	kept *keptFiles
	// table is one of master data that was sent, or that an answer is about; nil: nothing of the kind. imported is what was imported.
	table    *sentTable
	imported *orders.ImportProposal
	// cuts are pictures of what is asked about, by message and field.
	cuts map[int]map[string][]byte
	at   int // of the message that is read
	// begun is when what is read began to be said, where that was before the part; zero: it was not.
	begun time.Time
	// announced: the sender was told something already, before the answer.
	announced bool
	// second holds what a second reader said about each message of the part that it was asked about.
	second  map[int][]intake.Claim
	weighed map[int]intake.Weighed // by message, what became of it
	message intake.Message         // that is being read
	// A binding code and the links that carry it, made for a command that asks for one.
	code      string
	codeLinks []string

	// What this answer learned, used and stored of reasons, so that a message counts once.
	learned          []*orders.Learned
	used             map[int64]bool
	announcedLearned map[int64]bool
	why              map[orders.OrderID][]orders.Reason

	// inquiries are the customers about whose orders a customer asked, and whether a person has to answer.
	inquiries map[orders.CustomerCode]bool

	person  person
	talk    talk
	replies []reply
}

// opened is a file after reading, or why it could not be read.
type opened struct {
	in   orders.Inbound
	doc  *page.Document
	data []byte // it may have to be kept with an order, and what is not clear in a picture to be cut out of it
	err  error
}

// reply is a message on its way into the outbox.
type reply struct {
	msg    cards.Message
	kind   string
	order  orders.OrderID
	update int64  // the delivery whose card this replaces
	code   string // of the click
}

// talk is what a chat's conversation has come to. It is stored as JSON.
type talk struct {
	Thread *intake.Thread `json:"thread,omitempty"`
	// Orders are the drafts of the thread, in its order.
	Orders []orders.OrderID `json:"orders,omitempty"`
	// Last are the orders that were talked about last, for 上一单.
	Last []orders.OrderID `json:"last,omitempty"`
	// Change is the order of which a change was shown last and not confirmed.
	Change orders.OrderID `json:"change,omitempty"`
	// Quoted is the last question about prices, for the order that follows from it.
	Quoted *quoted `json:"quoted,omitempty"`
	// Heard are words that ordered nothing: where a file follows, they may be about it.
	Heard *heard `json:"heard,omitempty"`
	// Begun is when words were said that order something, but not what, for whom or how much: what follows is the same order.
	Begun time.Time `json:"begun,omitzero"`
	// Attach is the order whose files are to come, Unread are files in which no order was found.
	Attach *attaching   `json:"attach,omitempty"`
	Unread *unreadFiles `json:"unread,omitempty"`
	// Awaiting is a question of ours that the next text answers.
	Awaiting *awaiting `json:"awaiting,omitempty"`
	// Slots are those of engineers that were shown last.
	Slots *offered `json:"slots,omitempty"`
	// Rules are those that somebody was asked about.
	Rules *proposed `json:"rules,omitempty"`
	At    time.Time `json:"at"`
}

// awaiting is a question of ours: why an order is rejected.
type awaiting struct {
	Order    orders.OrderID `json:"order"`
	Node     int            `json:"node"`
	Revision int            `json:"revision"`
	By       string         `json:"by"` // who was asked: a group has several members
	Until    time.Time      `json:"until"`
}

func (s *session) say(text string) { s.send(cards.Message{Text: text}, "reply", "") }

func (s *session) send(m cards.Message, kind string, order orders.OrderID) {
	s.replies = append(s.replies, reply{msg: m, kind: kind, order: order})
}

// key names the part for the outbox: deliveries made of it again have the same keys.
func (s *session) key() string { return string(s.in.Platform) + ":" + s.in.Key }

// maxToCustomer is how many messages answer a customer at most: the platforms let five through
// after each message of theirs (微信客服 kf/send_msg, service account custom/send), and
// one is kept for 收到.
const maxToCustomer = 4

// deliveries turns the replies into deliveries. Plain sentences are joined into one message, and
// so is everything where a customer's platform would not let so many messages through.
func (s *session) deliveries() []orders.Delivery {
	customer := s.part.Chat.Platform == orders.KF || s.part.Chat.Platform == orders.ServiceAccount
	replies := s.joined(func(a, b reply) bool {
		return a.kind == "reply" && b.kind == "reply" && a.msg.Card == nil && b.msg.Card == nil && len(a.msg.Text)+len(b.msg.Text) < 1900
	})
	if customer && messages(replies) > maxToCustomer {
		replies = s.joined(func(a, b reply) bool { return a.msg.File == nil && b.msg.File == nil })
	}
	var out []orders.Delivery
	for i, r := range replies {
		if s.in.Kind == orders.InboundEnter && i == 0 {
			r.code = s.in.Code // the welcome code: it lets one message through to who has not written yet
		}
		if m := s.person.staff; m != nil && m.May(orders.RightPrices) != orders.ScopeAll {
			r.msg.Text = prices.ReplaceAllString(r.msg.Text, "¥—")
		}
		out = append(out, orders.Delivery{
			Key: fmt.Sprintf("%s:%d", s.key(), i), Chat: s.part.Chat, Kind: r.kind, Order: r.order,
			Body: body(r.msg), Update: r.update, Code: r.code, Created: s.now,
		})
	}
	return out
}

// messages is how many messages a customer's platform makes of replies: the choices of a long text
// come in one of their own.
func messages(replies []reply) int {
	n := len(replies)
	for _, r := range replies {
		if len(r.msg.Menu) > 0 && len(inWords(r.msg)) > cards.MenuTextLimit {
			n++
		}
	}
	return n
}

// joined are the replies; neighbours that join tells to go out as one text are one.
func (s *session) joined(join func(a, b reply) bool) []reply {
	var out []reply
	for i := 0; i < len(s.replies); i++ {
		r := s.replies[i]
		for i+1 < len(s.replies) && join(r, s.replies[i+1]) {
			i++
			next := s.replies[i].msg
			r.msg = cards.Message{Text: inWords(r.msg) + "\n\n" + inWords(next), Menu: slices.Concat(r.msg.Menu, next.Menu)}
			r.kind = "reply"
		}
		out = append(out, r)
	}
	return out
}

// prices are amounts of money, which not everybody may see.
var prices = regexp.MustCompile(`-?¥-?[\d,]+(\.\d+)?`)

// inWords is a message without its card.
func inWords(m cards.Message) string {
	if m.Text == "" && m.Card != nil {
		return cards.Text(m.Card)
	}
	return m.Text
}

func body(m cards.Message) json.RawMessage {
	raw, err := json.Marshal(m)
	if err != nil { // strings always marshal
		panic(err)
	}
	return raw
}

// quoted is a question about prices that was answered: which products, for which customer (empty: none was named), who asked, when.
type quoted struct {
	Products []orders.ProductCode `json:"products"`
	Customer orders.CustomerCode  `json:"customer,omitempty"`
	By       string               `json:"by"` // a staff or customer code
	At       time.Time            `json:"at"`
}

// inquired notes on a new order that its goods were asked about before in this chat (询价), and that the price was told (报价). A question
// belongs to the first order that follows.
func (s *session) inquired(tx Tx, o *orders.Order) error {
	q := s.talk.Quoted
	if q == nil || q.Customer != "" && q.Customer != o.Customer || !slices.ContainsFunc(o.Lines, func(l orders.Line) bool { return slices.Contains(q.Products, l.Product) }) {
		return nil
	}
	s.talk.Quoted = nil
	entry := orders.AuditEntry{Order: o.ID, At: q.At, Actor: q.By, Channel: s.in.Platform, Action: "询价", Trace: s.in.Trace}
	answer := entry
	answer.Action, answer.Actor = "报价", orders.SystemActor.Code
	return tx.Audit(entry, answer)
}

// heard are somebody's words, and when they were said.
type heard struct {
	Text string    `json:"text"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// hearing is how long words wait for the file that they are about.
const hearing = 5 * time.Minute

// loadTalk loads the conversation under a lock; one that fell silent begins anew.
func (s *session) loadTalk(tx Tx) error {
	raw, err := tx.Talk(s.part.Chat)
	if err != nil {
		return err
	}
	s.talk = talk{}
	if raw != nil {
		if err := json.Unmarshal(raw, &s.talk); err != nil {
			s.clerk.Logger.Error("talk is unreadable, beginning anew", "error", err)
			s.talk = talk{}
		}
	}
	if s.now.Sub(s.talk.At) > s.clerk.ThreadExpires {
		s.talk = talk{Last: s.talk.Last}
	}
	return nil
}

func (s *session) saveTalk(tx Tx) error {
	s.talk.At = s.now
	raw, err := json.Marshal(s.talk)
	if err != nil {
		return err
	}
	return tx.SaveTalk(s.part.Chat, raw, s.now)
}

// handle answers the part: who is it, what is it about.
func (s *session) handle(ctx context.Context, tx Tx) error {
	s.imported = nil
	s.inquiries = nil
	s.learned, s.used, s.announcedLearned, s.why = nil, map[int64]bool{}, map[int64]bool{}, map[orders.OrderID][]orders.Reason{}
	var err error
	if s.person, err = s.identify(tx); err != nil {
		return err
	}
	if err := s.loadTalk(tx); err != nil {
		return err
	}
	if err := s.dispatch(ctx, tx); err != nil {
		return err
	}
	for _, customer := range slices.Sorted(maps.Keys(s.inquiries)) {
		if err := tx.Inquired(customer, s.inquiries[customer], s.now); err != nil {
			return err
		}
	}
	return s.saveTalk(tx)
}

// inquiry notes that a customer asked about orders of a customer, for the share of questions that need nobody (自助查询率): once for a message,
// and as one for a person where one is asked.
func (s *session) inquiry(of orders.CustomerCode, person bool) {
	if s.person.staff != nil || !s.person.known() {
		return
	}
	if s.inquiries == nil {
		s.inquiries = make(map[orders.CustomerCode]bool)
	}
	s.inquiries[of] = s.inquiries[of] || person
}

func (s *session) dispatch(ctx context.Context, tx Tx) error {
	switch s.in.Kind {
	case orders.InboundEnter:
		return s.enter(tx)
	case orders.InboundClick:
		return s.click(ctx, tx)
	case orders.InboundForm:
		return s.surgeryForm(tx)
	default:
		if done, err := s.returnInWords(ctx, tx); done || err != nil {
			return err
		}
	}
	if s.in.Kind == orders.InboundText {
		if cmd := parseCommand(s.in.Text); cmd.verb != "" && len(s.part.Messages) == 1 {
			done, err := s.command(ctx, tx, cmd)
			if done || err != nil {
				return err
			}
		}
	}
	if !s.person.known() {
		s.say(s.greetStranger())
		return s.recognise(tx)
	}
	if s.rulesFile != nil {
		return s.takeRules(ctx, tx)
	}
	if s.kept != nil {
		return s.keep(ctx, tx)
	}
	if i := slices.IndexFunc(s.docs, func(d opened) bool { return isSurgerySheet(d.doc) }); i >= 0 {
		if len(s.part.Messages) > 1 {
			return orders.Errorf(orders.CodeInvalid, "手术计划表请单独发，一次一个；一起发的都没有处理，请分开再发一次")
		}
		return s.surgerySheet(tx, s.docs[i].doc)
	}
	if s.table != nil {
		return s.takeTable(tx)
	}
	if w := s.talk.Awaiting; w != nil && s.in.Kind == orders.InboundText && s.in.Sender == w.By {
		s.talk.Awaiting = nil
		if s.now.Before(w.Until) {
			return s.rejectFor(tx, w, s.texts())
		}
	}
	// A phone or waybill number by itself, where there is nothing that it could be an answer to.
	if ref := strings.ToUpper(strings.Trim(s.texts(), edges)); len(s.talk.Orders) == 0 && s.in.Kind == orders.InboundText && (isPhone(ref) || waybill.MatchString(ref)) {
		return s.status(ctx, tx, intake.Result{Intent: intake.IntentStatus, Ref: ref}, intake.Message{})
	}
	return s.read(ctx, tx)
}

// texts joins the texts of the part.
func (s *session) texts() string {
	var lines []string
	for _, m := range s.part.Messages {
		text := invisible.Replace(m.Text)
		if m.Kind == orders.InboundText && strings.TrimSpace(text) != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// afterRefusal does what belongs to a refusal beside telling it, in a transaction of its own: what was tried does not stand.
func (s *session) afterRefusal(tx Tx, refused error) error {
	if changed, ok := errors.AsType[*orders.ImportChangedError](refused); ok {
		return s.importAgain(tx, changed)
	}
	return nil
}
