package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
)

// read reads the part's messages as the clerk's own trade: orders, changes, questions.
func (s *session) read(ctx context.Context, tx Tx) error {
	unread := s.unread()
	messages := s.messages()
	if len(messages) == 0 && s.noted() {
		return s.annotate(ctx, tx, s.talk.Orders)
	}
	if len(messages) == 0 {
		if len(unread) == 0 {
			unread = []string{"收到一条空消息。要下单请直接发文字、图片或文件。"}
		}
		for _, text := range unread {
			s.say(text)
		}
		s.waitForUnopened()
		return nil
	}
	for _, text := range unread {
		s.say(text)
	}
	s.waitForUnopened()
	for i := range messages {
		if err := s.readOne(ctx, tx, i, messages[i]); err != nil {
			return err
		}
	}
	return nil
}

// unread says why parts of what came in can't be used.
func (s *session) unread() []string {
	var out []string
	file := 0
	for _, m := range s.part.Messages {
		switch m.Kind {
		case orders.InboundText:
			if tooLarge(m) {
				out = append(out, "文件太大，微信没有传过来（图片最多 2 MB，文件最多 20 MB）。请拆开发，或截图发过来。")
			}
		case orders.InboundVoice:
			out = append(out, "语音我还听不了，请打字，或发截图、文件。")
		case orders.InboundUnknown:
			what := "这种消息"
			if m.Text != "" {
				what = "「" + m.Text + "」"
			}
			out = append(out, what+"我还看不了，请发文字、图片、PDF 或 Excel。")
		case orders.InboundPicture, orders.InboundFile:
			if file < len(s.docs) {
				if sentence, ok := orders.ErrorMessage(s.docs[file].err); ok {
					out = append(out, sentence)
				}
			}
			file++
		default:
		}
	}
	return slices.Compact(out)
}

// tooLarge tells whether a text is what 微信客服 writes in place of a file beyond its limits.
func tooLarge(m orders.Inbound) bool {
	return m.Platform == orders.KF && strings.HasPrefix(m.Text, "【客户发送了一个") && strings.Contains(m.Text, "超出大小限制")
}

// messages turns the part into what the reader takes: one message a file, the words with the
// first of them.
func (s *session) messages() []intake.Message {
	last := s.part.Messages[len(s.part.Messages)-1]
	said := s.texts()
	isFile := slices.ContainsFunc(s.docs, func(d opened) bool { return d.doc != nil })
	if h := s.talk.Heard; h != nil && isFile && said == "" && h.By == s.in.Sender && s.now.Sub(h.At) <= hearing {
		said, s.begun = h.Text, h.At
	}
	s.talk.Heard = nil
	base := intake.Message{ID: s.in.Key, Thread: s.part.Chat.ID, Time: last.SentAt.In(s.clerk.Location), Role: intake.RoleSales, Text: said}
	if s.person.staff != nil {
		base.Text, s.internal = takeInternal(said)
		base.Text = s.takeManufacturing(s.takeExtra(base.Text))
	} else {
		base.Text = s.takeManufacturing(s.takeExtra(said))
		base.Role = intake.RoleCustomer
		if len(s.person.customers) == 1 {
			base.Customer = string(s.person.customers[0])
		}
	}
	var out []intake.Message
	for _, d := range s.docs {
		if d.doc == nil {
			continue
		}
		m := base
		m.Doc = d.doc
		if len(out) > 0 {
			m.Text = ""
		}
		out = append(out, m)
	}
	if len(out) == 0 && base.Text != "" {
		out = append(out, base)
	}
	return out
}

// readOne reads the nth message of the part and does what it asks for.
func (s *session) readOne(ctx context.Context, tx Tx, n int, m intake.Message) error {
	if m.Doc == nil {
		if done, err := s.joins(ctx, tx, m.Text); done || err != nil {
			return err
		}
	}
	// A message that names a draft of ours by its number is about that draft.
	if ids, rest := orders.FindOrderIDs(m.Text); len(ids) == 1 {
		o, err := tx.Order(ids[0])
		if err == nil && o.Status == orders.StatusDraft && s.person.mayTouch(o) {
			if err := s.attach(tx, o); err != nil {
				return err
			}
			if rest = strings.Trim(rest, edges); rest != "" {
				m.Text = rest
			} else if s.noted() && m.Doc == nil {
				return s.annotate(ctx, tx, ids)
			}
		} else if err != nil && orders.ErrorCode(err) != orders.CodeNotFound {
			return err
		} else if words := strings.Trim(rest, edges); err == nil && words != "" && m.Doc == nil && s.person.maySee(o) {
			s.message, s.at = m, n
			of := m
			of.Text = words
			if done, err := s.changeSubmitted(ctx, tx, o, of); done || err != nil {
				return err
			}
		} else if s.noted() && m.Doc == nil && strings.Trim(rest, edges) == "" {
			return s.annotate(ctx, tx, ids)
		}
	}
	if m.Doc == nil {
		if done, err := s.answerOption(ctx, tx, m.Text); done || err != nil {
			return err
		}
		if done, err := s.answerTwin(ctx, tx, m.Text); done || err != nil {
			return err
		}
		if done, err := s.nameGift(ctx, tx, m); done || err != nil {
			return err
		}
	}
	gone, err := s.forgetGone(tx)
	if err != nil {
		return err
	}
	var said []chosen
	whole := m
	if m.Doc == nil {
		var rest string
		if rest, said = s.takeOptions(m.Text); len(said) > 0 {
			if done, err := s.optionsAlone(ctx, tx, rest, said, ""); done || err != nil {
				return err
			}
		}
		if strings.TrimSpace(rest) != "" {
			m.Text = rest
		}
	}
	s.message, s.at = m, n
	result, thread := s.books.Lexicon.Read(m, s.talk.Thread)
	if sentence, ok := orders.ErrorMessage(gone); ok && len(s.talk.Orders) == 0 && m.Doc == nil && s.aboutDraft(result) {
		if len(s.talk.Last) == 1 { // it was submitted meanwhile
			o, err := s.order(tx, s.talk.Last[0])
			if err == nil && o.Status != orders.StatusDraft && o.MayChange() == nil {
				if done, err := s.changeSubmitted(ctx, tx, o, whole); done || err != nil {
					return err
				}
			}
		}
		s.say(sentence)
		return nil
	}
	if done, err := s.answersChange(ctx, tx); done || err != nil {
		return err
	}
	if done, err := s.changeMeant(ctx, tx, whole, result); done || err != nil {
		return err
	}
	for _, n := range slices.Backward(result.Gone) { // first, so that what follows counts the drafts that stay
		if n < len(s.talk.Orders) {
			if err := s.cancel(tx, []orders.OrderID{s.talk.Orders[n]}, 0, ""); err != nil {
				return err
			}
		}
	}
	recalled := &recollection{}
	if result.Intent == intake.IntentOrder || result.Intent == intake.IntentChange {
		if recalled, err = s.recall(tx, &result, thread); err != nil {
			return err
		}
	}
	if result, thread, err = s.secondOpinion(n, m, result, thread); err != nil {
		return err
	}
	if err = s.afterSecond(tx, &result, thread, recalled); err != nil {
		return err
	}
	if err := s.needCuts(n, m, &result); err != nil {
		return err
	}
	s.chosenInto(&result, thread, m, said)
	for _, note := range docNotes(m) {
		s.say(note)
		s.announced = true
	}
	if result.Error != "" {
		s.say(result.Error)
		return nil
	}
	switch result.Intent {
	case intake.IntentOrder, intake.IntentChange:
		take := s.place
		if result.Intent == intake.IntentChange {
			take = s.change
		}
		if err := take(ctx, tx, result, thread, recalled.why); err != nil {
			return err
		}
		return s.keepSource(tx, s.talk.Orders)
	case intake.IntentConfirm:
		return s.confirm(ctx, tx, s.talk.Orders, 0)
	case intake.IntentCancel:
		s.talk.Thread = thread
		return s.cancelRead(tx, result)
	case intake.IntentDeny:
		s.talk.Thread = thread
		if len(s.talk.Orders) == 0 {
			s.say("好的。")
			return nil
		}
		s.say(fmt.Sprintf("好的，%s 先不下单。要改哪里直接说；不要了请回复「取消」。", s.talk.Orders[0]))
		return nil
	case intake.IntentStatus:
		return s.status(ctx, tx, result, m)
	case intake.IntentReturn, intake.IntentUrge:
		return s.askPerson(ctx, tx, result, m)
	case intake.IntentInquiry:
		return s.quote(ctx, result)
	default:
		s.talk.Thread = thread
		if s.noted() && m.Doc == nil {
			if len(s.talk.Orders) == 0 { // they may be about a file that follows
				s.talk.Heard = &heard{s.texts(), s.in.Sender, s.now}
			}
			return s.annotate(ctx, tx, s.talk.Orders)
		}
		if m.Doc != nil {
			return s.noOrder(ctx, tx)
		}
		if ids, rest := orders.FindOrderIDs(m.Text); len(ids) == 1 && saysWhat(strings.Trim(rest, edges)) {
			o, err := s.order(tx, ids[0])
			if err == nil {
				s.awaitFiles(o.ID)
			}
			return err
		}
		s.talk.Heard = &heard{s.texts(), s.in.Sender, s.now}
		if utf8.RuneCountInString(m.Text) <= 8 {
			s.say("好的，有需要随时发我。")
			return nil
		}
		s.say("这句里没有看到要下单的内容。要下单请写明品名和数量，例如「某某医院 外科口罩 20箱，周五前到」；发「帮助」看我能做什么。")
		return nil
	}
}

// forgetGone drops from the conversation the drafts that are none any more: expired, or settled in
// another chat. What is sent now is not about them. gone says what became of the last of them.
func (s *session) forgetGone(tx Tx) (gone, err error) {
	for _, id := range slices.Clone(s.talk.Orders) {
		_, err := s.clerk.Desk.OpenDraft(tx, id)
		switch orders.ErrorCode(err) {
		case "":
		case orders.CodeConflict, orders.CodeNotFound:
			gone = err
			s.forget(id)
		default:
			return nil, err
		}
	}
	return gone, nil
}

// aboutDraft tells whether a message makes no sense but as a word about a draft.
func (s *session) aboutDraft(r intake.Result) bool {
	switch r.Intent {
	case intake.IntentStatus, intake.IntentInquiry, intake.IntentReturn, intake.IntentUrge:
		return false
	case intake.IntentOrder:
		// Without known goods, or with nobody who wants them, it is the rest of a conversation: 改成30箱.
		return !slices.ContainsFunc(r.Orders, func(d intake.Draft) bool {
			known := slices.ContainsFunc(d.Lines, func(l intake.Line) bool { return l.Product != "" })
			return known && (d.Customer != "" || s.person.staff == nil)
		})
	default:
		return r.Ref == "" || r.Ref == intake.RefLast
	}
}

func docNotes(m intake.Message) []string {
	if m.Doc == nil {
		return nil
	}
	return m.Doc.Notes
}

// mayPlace refuses who has no business ordering, or a customer who orders for another.
func (s *session) mayPlace(drafts []intake.Draft) error {
	if s.person.staff != nil {
		if s.person.staff.May(orders.RightPlace) == orders.ScopeNone {
			return orders.Errorf(orders.CodeDenied, "看起来是一张订单，但您没有下单的权限，请转给业务员。")
		}
		return nil
	}
	for _, d := range drafts {
		if d.Customer != "" && !slices.Contains(s.person.customers, orders.CustomerCode(d.Customer)) {
			return orders.Errorf(orders.CodeDenied, "您只能为自己绑定的单位下单。要给别的单位下单，请联系您的业务员。")
		}
	}
	return nil
}

// place stores what was read as new drafts and shows them.
func (s *session) place(ctx context.Context, tx Tx, r intake.Result, thread *intake.Thread, why [][]orders.Reason) error {
	if err := s.mayPlace(r.Orders); err != nil {
		return err
	}
	s.talk.Thread, s.talk.Orders, s.talk.Last = thread, nil, nil
	begun := s.begun
	if begun.IsZero() {
		begun = s.talk.Begun
	}
	if s.talk.Begun = (time.Time{}); len(r.Orders) == 0 {
		if s.talk.Begun = begun; begun.IsZero() {
			s.talk.Begun = s.in.SentAt
		}
	}
	owed := s.promised(&r)
	for i, d := range r.Orders {
		o := &orders.Order{Entry: orders.Entry{Heard: begun}, Source: orders.Source{
			Chat: s.part.Chat, Sender: s.in.Sender, Key: s.in.Key, Name: platformName(s.in.Platform),
		}}
		s.put(o)
		s.fill(o, d, questions(s.books.Catalog, r.Asks, i))
		owe(o, owed[i])
		s.pickUp(o)
		s.manufacture(o)
		s.belongTogether(o, r.Orders, i)
		if _, err := s.warnOfTwin(ctx, o); err != nil {
			return err
		}
		if err := s.clerk.Desk.Place(tx, o, s.person.actor()); err != nil {
			return err
		}
		if err := errors.Join(s.inquired(tx, o), s.explain(tx, o, why[i])); err != nil {
			return err
		}
		s.talk.Orders = append(s.talk.Orders, o.ID)
		if err := s.show(ctx, tx, o, "", i+1, len(r.Orders)); err != nil {
			return err
		}
	}
	s.talk.Last = s.talk.Orders
	if len(r.Orders) == 0 {
		for _, a := range r.Asks {
			s.say(a.Text)
		}
	}
	return nil
}

// belongTogether says on each of several orders of one customer, which go to different places, that they are parts of one.
func (s *session) belongTogether(o *orders.Order, drafts []intake.Draft, i int) {
	places := map[string]bool{}
	for _, d := range drafts {
		if d.Customer != drafts[0].Customer || d.Customer == "" {
			return
		}
		places[d.Address] = true
	}
	if len(places) < 2 {
		return
	}
	part := fmt.Sprintf("第 %d 处，共 %d 处", i+1, len(drafts))
	if i > 0 {
		part += "，第 1 处是 " + string(s.talk.Orders[0])
	}
	o.Extra = with(o.Extra, orders.ExtraPart, part)
}

// own fills in the customer of somebody who is bound to just one.
func (s *session) own(d intake.Draft) intake.Draft {
	if d.Customer == "" && s.person.staff == nil && len(s.person.customers) == 1 {
		d.Customer = string(s.person.customers[0])
	}
	return d
}

func platformName(p orders.Platform) string {
	switch p {
	case orders.WeCom:
		return "企业微信"
	case orders.DingTalk:
		return "钉钉"
	case orders.KF:
		return "微信客服"
	default:
		return "服务号"
	}
}

// twinsLookedAt is how many orders of a customer within the window are compared.
const twinsLookedAt = 200

// warnOfTwin puts an order beside the one of the same customer within the window that has the same goods, drafts included, so
// that a person decides whether it is the same one. It returns false where there is none, or it was asked about already.
func (s *session) warnOfTwin(ctx context.Context, o *orders.Order) (bool, error) {
	if s.clerk.DuplicateWindow == 0 || o.Customer == "" || len(o.Lines) == 0 || o.IsTwin() {
		return false, nil
	}
	earlier, err := s.clerk.Query.OrdersSince(ctx, o.Customer, s.now.Add(-s.clerk.DuplicateWindow), twinsLookedAt)
	if err != nil {
		return false, err
	}
	for _, e := range earlier {
		// A draft that is confirmed first is not asked about; those of one message were meant to be several.
		if e.ID == o.ID || o.ID != "" && e.Status == orders.StatusDraft || e.Source.Key == o.Source.Key || !sameLines(e, o) {
			continue
		}
		o.Questions = append(o.Questions, orders.Question{
			Field: orders.FieldTwin, Reason: "unusual", Options: []string{string(e.ID)},
			Text: cards.Twin(e, o, e.CreatedAt.In(s.clerk.Location)),
		})
		return true, nil
	}
	return false, nil
}

var (
	twinKept    = regexp.MustCompile(`^(?:还是要的?|都要的?|两单都要|不是重复的?|没重复|不重复|是?新的?一单|另外?一单|再来一单)$`)
	twinDropped = regexp.MustCompile(`^(?:是?重复的?了?|是重复的|发重了|发重复了|重了|同一单|是同一单)$`)
)

// answerTwin takes the answer to whether an order is the same as an earlier one: 还是要, 是重复的.
func (s *session) answerTwin(ctx context.Context, tx Tx, text string) (bool, error) {
	text = strings.Trim(norm.NFKC.String(text), edges)
	kept := twinKept.MatchString(text)
	if !kept && !twinDropped.MatchString(text) {
		return false, nil
	}
	for _, id := range s.talk.Orders {
		o, err := tx.Order(id)
		if err != nil {
			return false, err
		}
		if o.Status != orders.StatusDraft || !o.IsTwin() {
			continue
		}
		if kept {
			return true, s.confirm(ctx, tx, []orders.OrderID{id}, 0)
		}
		return true, s.dropTwin(tx, id, 0)
	}
	return false, nil
}

// dropTwin withdraws a draft that is the same as an earlier order.
func (s *session) dropTwin(tx Tx, id orders.OrderID, revision int) error {
	o, err := s.ownOrder(tx, id)
	if err != nil {
		return err
	}
	reason := "重复下单"
	if i := slices.IndexFunc(o.Questions, func(q orders.Question) bool { return q.Field == orders.FieldTwin }); i >= 0 && len(o.Questions[i].Options) > 0 {
		twin, err := tx.Order(orders.OrderID(o.Questions[i].Options[0]))
		if err != nil {
			return err
		}
		if o.Status == orders.StatusDraft && (twin.Status.Ended() || twin.Status == orders.StatusDraft && !s.now.Before(twin.ExpiresAt)) {
			return orders.Errorf(orders.CodeConflict, "%s 已经没有了（%s），%s 没有取消。还要这些货就确认下单；都不要了请回复「取消 %s」", twin.ID, twin.Status, id, id)
		}
		reason += "，和 " + string(twin.ID) + " 一样"
	}
	return s.cancel(tx, []orders.OrderID{id}, revision, reason)
}

// sameLines tells whether two orders hold the same goods.
func sameLines(a, b *orders.Order) bool {
	if len(a.Lines) != len(b.Lines) {
		return false
	}
	left := make(map[string]int)
	for i := range a.Lines {
		left[lineGoods(&a.Lines[i])]++
	}
	for i := range b.Lines {
		k := lineGoods(&b.Lines[i])
		if left[k]--; left[k] < 0 {
			return false
		}
	}
	return true
}

// lineGoods are the goods of a line: what, how many, and what was chosen of their options.
func lineGoods(l *orders.Line) string {
	return string(l.Product) + " " + l.Base.String() + " " + orders.OptionText(l.Options)
}

// show shows a draft: its lines as text, then the card. note is said first.
func (s *session) show(ctx context.Context, tx Tx, o *orders.Order, note string, part, parts int) error {
	if s.internal != "" {
		note += internalTaken
	}
	if err := s.atOnce(ctx, o); err != nil {
		return err
	}
	link, err := s.link(tx, o.ID)
	if err != nil {
		return err
	}
	view := cards.DraftView{
		Customer: s.books.Catalog.Customer(o.Customer), Link: link, ForCustomer: s.person.staff == nil, Note: note, Part: part, Parts: parts,
		Announced: s.announced,
	}
	if view.Substitutes, err = s.instead(ctx, o); err != nil {
		return err
	}
	if view.Moves, err = s.moves(ctx, o); err != nil {
		return err
	}
	if view.Promise, err = s.expected(ctx, o); err != nil {
		return err
	}
	if o.Customer != "" {
		if view.Exposure, err = s.clerk.Query.Exposure(ctx, o.Customer); err != nil {
			return err
		}
	}
	if err := s.mark(tx, o, &view); err != nil {
		return err
	}
	messages := s.withCuts(part-1, o, cards.Draft(s.clerk.Signer, o, view))
	for _, m := range messages {
		kind := "draft.lines"
		if m.Card != nil {
			kind = KindDraftCard
		}
		s.send(m, kind, o.ID)
	}
	if o.AsksForSlot() {
		return s.offerSlots(ctx, o)
	}
	return nil
}

// change replaces the drafts of this chat by what they are now.
func (s *session) change(ctx context.Context, tx Tx, r intake.Result, thread *intake.Thread, why [][]orders.Reason) error {
	if len(r.Orders) == 0 || len(s.talk.Orders) == 0 {
		if len(r.Orders) > 0 {
			return s.place(ctx, tx, r, thread, why)
		}
		return s.changeOther(ctx, tx, r)
	}
	if err := s.mayPlace(r.Orders); err != nil {
		return err
	}
	ids := s.talk.Orders
	s.talk.Thread, s.talk.Orders = thread, nil
	owed := s.promised(&r)
	for i, d := range r.Orders {
		asks := questions(s.books.Catalog, r.Asks, i)
		if i >= len(ids) {
			o := &orders.Order{Source: orders.Source{
				Chat: s.part.Chat, Sender: s.in.Sender, Key: s.in.Key, Name: platformName(s.in.Platform),
			}}
			s.put(o)
			s.fill(o, d, asks)
			owe(o, owed[i])
			s.pickUp(o)
			s.manufacture(o)
			if err := s.clerk.Desk.Place(tx, o, s.person.actor()); err != nil {
				return err
			}
			if err := s.explain(tx, o, why[i]); err != nil {
				return err
			}
			s.talk.Orders = append(s.talk.Orders, o.ID)
			if err := s.show(ctx, tx, o, "", i+1, len(r.Orders)); err != nil {
				return err
			}
			continue
		}
		o, err := s.revise(tx, ids[i], d, asks, owed[i])
		if err != nil {
			return err
		}
		if err := s.explain(tx, o, why[i]); err != nil {
			return err
		}
		s.talk.Orders = append(s.talk.Orders, o.ID)
		if err := s.show(ctx, tx, o, "改好了，请看最新的：", i+1, len(r.Orders)); err != nil {
			return err
		}
	}
	for _, id := range ids[min(len(r.Orders), len(ids)):] {
		if _, err := s.ownOrder(tx, id); err != nil {
			return err
		}
		if _, err := s.clerk.Desk.Cancel(tx, id, 0, "修改后不再需要", s.person.actor()); err != nil {
			return err
		}
		s.say(fmt.Sprintf("%s 已取消。", id))
	}
	s.talk.Last = s.talk.Orders
	return nil
}

func (s *session) revise(tx Tx, id orders.OrderID, d intake.Draft, asks []orders.Question, owed *promise) (*orders.Order, error) {
	if _, err := s.ownOrder(tx, id); err != nil { // in a group another member's words may be about it
		return nil, err
	}
	o, err := s.clerk.Desk.Revise(tx, id, s.person.actor(), func(o *orders.Order) error {
		sales := o.Sales
		s.fill(o, d, asks)
		owe(o, owed)
		s.pickUp(o)
		s.manufacture(o)
		s.put(o)
		if sales != "" && s.person.staff != nil {
			o.Sales = sales // a manager who corrects a draft does not take it over
		}
		return nil
	})
	if orders.ErrorCode(err) == orders.CodeConflict {
		sentence, _ := orders.ErrorMessage(err)
		return nil, orders.Errorf(orders.CodeConflict, "%s。要改已提交的订单，请带上单号再说一次，例如「%s 数量改成 30」", sentence, id)
	}
	return o, err
}

// named resolves what a message calls an order: a number, or 上一单. Empty where it names none.
func (s *session) named(ref string) (orders.OrderID, error) {
	if ref == "" || ref == intake.RefLast {
		if len(s.talk.Last) > 0 {
			return s.talk.Last[0], nil
		}
		return "", nil
	}
	ids, _ := orders.FindOrderIDs(ref)
	if len(ids) == 0 {
		return "", orders.Errorf(orders.CodeNotFound, "没有查到「%s」对应的订单，请核对", ref)
	}
	return ids[0], nil
}

// confirm confirms drafts, all or none.
func (s *session) confirm(ctx context.Context, tx Tx, ids []orders.OrderID, revision int) error {
	if len(ids) == 0 {
		s.say("现在没有等您确认的草稿。要下单请直接发内容。")
		return nil
	}
	for _, id := range ids {
		own, err := s.ownOrder(tx, id)
		if err != nil {
			return err
		}
		// Words that follow a change's card mean the change; a draft's old card, or words in a chat that never showed it, do not.
		if c := own.Change(0); revision == 0 && s.talk.Change == id && own.Status != orders.StatusDraft && c != nil && c.Status == orders.ChangeAsked {
			if err := s.applyChange(ctx, tx, id, c.No); err != nil {
				return err
			}
			continue
		}
		isNew := false
		if own.Status == orders.StatusDraft && own.Customer != "" && !own.IsTwin() {
			if _, err := tx.HoldCredit(own.Customer, 0); err != nil { // who confirms one for this customer at the same moment waits
				return err
			}
			if isNew, err = s.warnOfTwin(ctx, own); err != nil {
				return err
			}
		}
		if isNew { // confirmed meanwhile, by somebody else
			questions := own.Questions
			o, err := s.clerk.Desk.Revise(tx, id, s.person.actor(), func(o *orders.Order) error { o.Questions = questions; return nil })
			if err != nil {
				return err
			}
			if err := s.attach(tx, o); err != nil {
				return err
			}
			if err := s.show(ctx, tx, o, "还没有下单：刚有一单一样的。", 1, 1); err != nil {
				return err
			}
			continue
		}
		o, repriced, err := s.clerk.Desk.Confirm(tx, id, revision, s.person.actor())
		if err != nil {
			return err
		}
		if repriced {
			changes := []string{fmt.Sprintf("%s 的价格刚有变动，合计现在是 %s，还没有下单。请看过后再确认。", o.ID, o.Payable())}
			for _, f := range o.Findings {
				if f.Rule == orders.FindingRepriced {
					changes = append(changes, "· "+f.Text)
				}
			}
			s.say(strings.Join(changes, "\n"))
			if err := s.attach(tx, o); err != nil {
				return err
			}
			if err := s.show(ctx, tx, o, "", 1, 1); err != nil {
				return err
			}
			continue
		}
		s.say(s.placedText(o))
		s.forget(o.ID)
		s.talk.Last = []orders.OrderID{o.ID}
	}
	return nil
}

// except asks for exceptions from what blocks drafts, and confirms them.
func (s *session) except(ctx context.Context, tx Tx, ids []orders.OrderID, reason string) error {
	for _, id := range ids {
		if _, err := s.ownOrder(tx, id); err != nil {
			return err
		}
		if _, err := s.clerk.Desk.Except(tx, id, reason, s.person.actor()); err != nil {
			return err
		}
	}
	return s.confirm(ctx, tx, ids, 0)
}

// placedText says what happens to an order that was just confirmed.
func (s *session) placedText(o *orders.Order) string {
	var b strings.Builder
	fmt.Fprintf(&b, "已下单 %s，合计 %s。", o.ID, o.Payable())
	if who := o.Awaits(); who != "" {
		if s.person.staff == nil {
			b.WriteString("正在审核，通过后通知您。")
		} else {
			fmt.Fprintf(&b, "等%s审批。", who)
		}
	} else if s.person.staff == nil {
		b.WriteString("已通过审核，开始备货。")
	} else {
		fmt.Fprintf(&b, "按「%s」通过，已通知仓库。", o.Route)
	}
	for i := range o.Lines {
		if l := &o.Lines[i]; l.Short().IsPositive() {
			fmt.Fprintf(&b, "\n库存不足：%s 缺 %s%s，到货后补。", l.Name, l.Short(), l.BaseUnit)
		}
	}
	return b.String()
}

// forget ends the conversation about a draft that is one no more.
func (s *session) forget(id orders.OrderID) {
	i := slices.Index(s.talk.Orders, id)
	if i < 0 {
		return
	}
	if len(s.talk.Orders) == 1 {
		s.talk.Orders, s.talk.Thread = nil, nil
		return
	}
	left := slices.Delete(slices.Clone(s.talk.Orders), i, i+1)
	t := &intake.Thread{}
	if s.talk.Thread != nil && len(s.talk.Thread.Orders) == len(s.talk.Orders) {
		t.Orders = slices.Delete(slices.Clone(s.talk.Thread.Orders), i, i+1)
	}
	s.talk.Orders, s.talk.Thread = left, t
}

// cancelRead cancels what a message in free words withdraws.
func (s *session) cancelRead(tx Tx, r intake.Result) error {
	ids := slices.Clone(s.talk.Orders)
	if r.Ref != "" || len(ids) == 0 {
		id, err := s.named(r.Ref)
		if err != nil {
			return err
		}
		if id == "" {
			s.say("要取消哪一单？请带上单号，例如「取消 SO… 原因」。")
			return nil
		}
		ids = []orders.OrderID{id}
	}
	return s.cancel(tx, ids, 0, "")
}

// cancel withdraws orders.
func (s *session) cancel(tx Tx, ids []orders.OrderID, revision int, reason string) error {
	for _, id := range ids {
		o, err := s.ownOrder(tx, id)
		if err != nil {
			return err
		}
		if o.IsUnderway() {
			sent := o.Stage() - 1
			if o, err = s.clerk.Desk.Cancel(tx, id, revision, reason, s.person.actor()); err != nil {
				return err
			}
			then := fmt.Sprintf("收到的不要了请回复「退货 %s 原因」。", o.ID)
			if o.Status == orders.StatusReturned {
				then = fmt.Sprintf("发过的已全部退回，共退 %s。", o.Credited())
			}
			s.say(fmt.Sprintf("%s 没发的已取消，占用的库存和额度已放回；发过的 %d 期照旧，合计 %s。", o.ID, sent, o.Payable()) + then)
			continue
		}
		if o.MayReturn() == nil { // what has left can come back
			s.say(fmt.Sprintf("%s %s，不能取消了，给您转成退货。", o.ID, o.Status))
			if err := s.askReturn(tx, o, orders.ReturnGoods, reason, nil, false); err != nil {
				return err
			}
			continue
		}
		o, err = s.clerk.Desk.Cancel(tx, id, revision, reason, s.person.actor())
		if err != nil {
			return err
		}
		text := fmt.Sprintf("已取消 %s，没有下单。", o.ID)
		if !o.ConfirmedAt.IsZero() {
			text = fmt.Sprintf("已取消 %s，占用的库存和额度已放回。", o.ID)
		}
		if taken := o.Taken(); len(taken) > 0 {
			text += fmt.Sprintf("并进来的 %s 的货也在内；还要的话请重新下单。", strings.Join(idTexts(taken), "、"))
		}
		s.say(text)
		s.forget(o.ID)
	}
	return nil
}

// calm takes the urgent mark off the draft at hand.
func (s *session) calm(ctx context.Context, tx Tx, ids []orders.OrderID) (bool, error) {
	if len(ids) == 0 {
		ids = s.talk.Orders
	}
	if len(ids) == 0 {
		return false, nil
	}
	for _, id := range ids {
		if _, err := s.ownOrder(tx, id); err != nil {
			return true, err
		}
		o, err := s.clerk.Desk.Revise(tx, id, s.person.actor(), func(o *orders.Order) error {
			o.Urgent, o.UrgentWords = false, ""
			return nil
		})
		if err != nil {
			return true, err
		}
		if i := slices.Index(s.talk.Orders, id); i >= 0 && s.talk.Thread != nil && i < len(s.talk.Thread.Orders) {
			s.talk.Thread.Orders[i].Urgent = false
		}
		if err := s.show(ctx, tx, o, "", 1, 1); err != nil {
			return true, err
		}
	}
	return true, nil
}

// choose answers the open question of a draft with the option of a pressed button.
func (s *session) choose(ctx context.Context, tx Tx, a cards.Action) error {
	o, err := s.ownOrder(tx, a.Order)
	if err != nil {
		return err
	}
	if o.Status != orders.StatusDraft || a.Version != o.Revision {
		return orders.Errorf(orders.CodeConflict, "这张卡片是旧的，订单 %s 后来变过（现在是「%s」）。请看最新的卡片", o.ID, o.Status)
	}
	return s.settle(ctx, tx, o, a.Arg)
}

// openQuestion returns the question that a draft's card asks: the first that blocks. -1 if none.
func openQuestion(o *orders.Order) int {
	return slices.IndexFunc(o.Questions, func(q orders.Question) bool { return q.Blocking() })
}

// settle answers the open question of a draft with one of its options.
func (s *session) settle(ctx context.Context, tx Tx, o *orders.Order, option string) error {
	q := openQuestion(o)
	gone := orders.Errorf(orders.CodeConflict, "这个问题已经不用回答了，请看 %s 最新的卡片", o.ID)
	if q < 0 || !slices.Contains(o.Questions[q].Options, option) {
		return gone
	}
	why, err := tx.Reasons(o.ID)
	if err != nil {
		return err
	}
	// The stored draft is a reading of one order, which the answer changes.
	question := o.Questions[q]
	if question.Field == orders.FieldRequirement {
		return s.requirement(ctx, tx, o, q, option)
	}
	if _, isChoice := question.ChoiceLine(); isChoice {
		return s.pick(ctx, tx, o, question, option)
	}
	others := slices.Delete(slices.Clone(o.Questions), q, q+1)
	r := intake.Result{Intent: intake.IntentChange, Orders: []intake.Draft{draftOf(s.books.Catalog, o)}, Asks: asksOf(others)}
	why, ok := s.answered(&r, why, question, option)
	if !ok {
		return gone
	}
	if err := s.recallInto(tx, &r, nil, &recollection{why: [][]orders.Reason{why}}); err != nil {
		return err
	}
	return s.rewrite(ctx, tx, o, &r, why)
}

var optionNumber = regexp.MustCompile(`^(?:选|第)?\s*([1-9])\s*(?:个|种|号)?[.、。]?$`)

// answerOption takes a text that names an option of the open question as its card lists them: by
// number, by label, or by code. It returns false where the text does nothing of the kind.
func (s *session) answerOption(ctx context.Context, tx Tx, text string) (bool, error) {
	text = strings.Trim(norm.NFKC.String(text), edges)
	for _, id := range s.talk.Orders {
		o, err := tx.Order(id)
		if err != nil {
			return false, err
		}
		q := openQuestion(o)
		if q < 0 || o.Status != orders.StatusDraft {
			continue
		}
		options, chosen := o.Questions[q].Options, -1
		if m := optionNumber.FindStringSubmatch(text); m != nil {
			if n := int(m[1][0] - '0'); n <= len(options) {
				chosen = n - 1
			}
		}
		for i, option := range options {
			if strings.EqualFold(text, option) || i < len(o.Questions[q].Labels) && text == norm.NFKC.String(o.Questions[q].Labels[i]) {
				chosen = i
			}
		}
		if o.Questions[q].Field == orders.FieldRequirement && noRequirement.MatchString(text) {
			chosen = slices.Index(options, orders.RequireNone)
		}
		if chosen < 0 {
			return false, nil
		}
		return true, s.settle(ctx, tx, o, options[chosen])
	}
	return false, nil
}
