package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
)

const (
	// attachTime is how long files that follow 「加附件 SO…」 belong to that order, and how long a file that was no order waits
	// for 「附件 SO…」.
	attachTime = 10 * time.Minute
	maxNote    = 60 // characters
	maxUnread  = 20 // files that wait
)

// What words beside an order number may say of a file so that it is kept with the order, not read: what it is, and
// nothing but that.
var (
	fileNoun  = regexp.MustCompile(`附件|合同|协议|订货单|送货单|出库单|收货单|签收单|回单|回执|发票|收据|水单|凭证|截图|照片|图片|相片|图纸|文件|资料|扫描件|复印件|原件|报告|证书|授权书|委托书|说明书|报关单|提单|装箱单`)
	onlyAbout = regexp.MustCompile(`^(?:` + fileNoun.String() + `|汇款|付款|转账|打款|盖章|签字|签收|收货|现场|开箱|破损|检测|质检|客户|医院|已|了|的|和|及|` +
		`这是|这个是|这张是|见|请|帮|麻烦|收下?|存一?下?|留底|归档|备查|补|发来?|给你|上传?|一下|版|[\s,。.、:()!~])+$`)
)

// saysWhat tells whether words beside an order number only say what a file is.
func saysWhat(rest string) bool { return fileNoun.MatchString(rest) && onlyAbout.MatchString(rest) }

// keptFiles are files of a part that are kept with an order unread.
type keptFiles struct {
	order orders.OrderID
	note  string
	files []opened
	full  bool // as many as one part may have: more of them may follow without words
}

// attaching is an order whose files are to come.
type attaching struct {
	Order orders.OrderID `json:"order"`
	By    string         `json:"by"`
	Until time.Time      `json:"until"`
	Note  string         `json:"note,omitempty"` // that they get
}

// unreadFiles are files in which no order was found.
type unreadFiles struct {
	Files []orders.Inbound `json:"files"`
	By    string           `json:"by"`
	At    time.Time        `json:"at"`
}

// goesWithFiles tells whether a text that came along with files says where they belong, rather than to ask or order something.
func goesWithFiles(text string) bool {
	cmd := parseCommand(text)
	_, rest := orders.FindOrderIDs(norm.NFKC.String(text))
	return cmd.verb == cmdFiles || cmd.verb == cmdAddFile || (cmd.verb == cmdContract || cmd.verb == cmdPapers) && cmd.arg == "" || cmd.verb == cmdProgress && strings.Trim(rest, edges) == ""
}

// keepWith finds out whether files of the part are to be kept with an order unread: by 「附件 SO…」 beside them, 「加附件 SO…」 ahead of them, by
// words that only name them beside an order's number, or by the number alone of an order that is no draft any more, to
// which nothing can be added. Else they are read.
func (s *session) keepWith(tx Tx) (*keptFiles, error) {
	text := strings.Trim(norm.NFKC.String(s.texts()), edges)
	ids, rest := orders.FindOrderIDs(text)
	rest = strings.Trim(rest, edges)
	cmd := parseCommand(text)
	switch a := s.talk.Attach; {
	case len(ids) == 0:
		if text == "" && a != nil && a.By == s.in.Sender && s.now.Before(a.Until) {
			return &keptFiles{order: a.Order, note: a.Note}, nil
		}
		if returns, _ := orders.FindReturnIDs(text); len(returns) == 1 {
			order, _ := returns[0].Order()
			return &keptFiles{order: order, note: string(returns[0]) + " 照片"}, nil
		}
		return nil, nil
	case len(ids) > 1:
		return nil, nil
	case cmd.verb == cmdFiles || cmd.verb == cmdAddFile:
		note := cmd.arg
		if _, err := strconv.Atoi(note); err == nil {
			note = ""
		}
		if !s.isNote(note) {
			return nil, nil // it says more than what the file is
		}
		return &keptFiles{order: ids[0], note: note}, nil
	case parseReturn(text).verb == returnAsk:
		return &keptFiles{order: ids[0], note: "退换货照片"}, nil
	case saysWhat(rest):
		return &keptFiles{order: ids[0], note: rest}, nil
	case rest != "":
		return nil, nil
	}
	o, err := tx.Order(ids[0])
	if orders.ErrorCode(err) == orders.CodeNotFound || err == nil && o.Status != orders.StatusDraft {
		return &keptFiles{order: ids[0]}, nil // of an order that they don't know they are told so
	}
	return nil, err
}

// isNote tells whether words behind 「附件 SO…」 only say what the file is, or name a field that it answers.
func (s *session) isNote(words string) bool {
	if words == "" || saysWhat(words) {
		return true
	}
	rules, ok := s.clerk.Desk.Rules().(interface{ ExtraFields() []string })
	return ok && slices.Contains(rules.ExtraFields(), words)
}

// fetchFor downloads files that are kept with an order. It returns false where they are to be read.
func (c *Clerk) fetchFor(ctx context.Context, s *session, files []orders.Inbound) (bool, error) {
	var k *keptFiles
	err := c.Store.Do(ctx, func(tx Tx) (err error) {
		k = nil
		if s.person, err = s.identify(tx); err != nil || !s.person.known() {
			return err
		}
		if err = s.loadTalk(tx); err != nil {
			return err
		}
		if len(files) > 0 {
			k, err = s.keepWith(tx)
			return err
		}
		cmd := parseCommand(s.in.Text)
		if u := s.talk.Unread; u != nil && cmd.verb == cmdFiles && len(cmd.orders) == 1 && u.By == s.in.Sender && s.now.Sub(u.At) <= attachTime {
			if _, err := strconv.Atoi(cmd.arg); err != nil && s.isNote(cmd.arg) { // 「附件 SO… 2」 asks for one
				k, files = &keptFiles{order: cmd.orders[0], note: cmd.arg}, u.Files
			}
		}
		return nil
	})
	if err != nil || k == nil {
		return false, err
	}
	k.note, k.full = clipRunes(k.note, maxNote), len(files) >= maxFiles
	for _, m := range files {
		data, err := c.download(ctx, m)
		if _, ok := orders.ErrorMessage(err); err != nil && !ok {
			return false, err // passing trouble: the turn is tried again
		}
		k.files = append(k.files, opened{in: m, data: data, err: err})
	}
	s.kept = k
	return true, nil
}

func clipRunes(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most])
}

// keep keeps the part's files with an order.
func (s *session) keep(ctx context.Context, tx Tx) error {
	k := s.kept
	o, err := s.order(tx, k.order)
	if err != nil {
		return err
	}
	s.talk.Heard, s.talk.Unread, s.talk.Attach = nil, nil, nil
	if k.full {
		s.talk.Attach = &attaching{Order: o.ID, By: s.in.Sender, Until: s.now.Add(time.Minute), Note: k.note}
	}
	var kept []orders.Attachment
	for _, f := range k.files {
		a, err := s.attachFile(tx, o.ID, f, k.note)
		if sentence, ok := orders.ErrorMessage(err); ok {
			s.say(sentence)
			continue
		}
		if err != nil {
			return err
		}
		kept = append(kept, a)
	}
	if len(kept) > 0 {
		s.talk.Last = []orders.OrderID{o.ID}
		s.say(cards.Attached(o.ID, kept))
	}
	return s.fillByFile(ctx, tx, o, k.note, kept)
}

// fillByFile answers what the rules ask for of a draft with a file that is called so: 「附件 SO… 授权书」.
func (s *session) fillByFile(ctx context.Context, tx Tx, o *orders.Order, note string, kept []orders.Attachment) error {
	s.extra = nil
	for _, a := range kept {
		for _, f := range o.Findings {
			if f.Ask != "" && strings.Contains(note+a.Name, f.Ask) {
				s.extra = map[string]string{f.Ask: "附件 " + a.Title()}
			}
		}
	}
	if len(s.extra) == 0 || o.Status != orders.StatusDraft || !s.person.mayTouch(o) {
		return nil
	}
	return s.annotate(ctx, tx, []orders.OrderID{o.ID})
}

// attachFile keeps a file with an order; a refusal has changed nothing.
func (s *session) attachFile(tx Tx, id orders.OrderID, f opened, note string) (orders.Attachment, error) {
	if f.data == nil && f.err != nil {
		return orders.Attachment{}, f.err
	}
	return orders.Attach(tx, id, f.in.FileName, f.data, note, s.person.actor(), s.now)
}

// keepSource keeps what orders were read from with them. Where it can't be kept they stand without it.
func (s *session) keepSource(tx Tx, ids []orders.OrderID) error {
	f := s.readFile(s.at)
	if f == nil || f.data == nil {
		return nil
	}
	for _, id := range ids {
		if _, err := s.attachFile(tx, id, *f, ""); err != nil {
			if _, ok := orders.ErrorMessage(err); !ok {
				return err
			}
		}
	}
	return nil
}

// readFile is the file of the nth message that is read, nil where there is none.
func (s *session) readFile(n int) *opened {
	for i := range s.docs {
		if s.docs[i].doc == nil {
			continue
		}
		if n == 0 {
			return &s.docs[i]
		}
		n--
	}
	return nil
}

// noOrder answers a file in which no order was found: it is kept with the order that the words name, or with the draft that
// this chat is about; else it may be said where it belongs.
func (s *session) noOrder(ctx context.Context, tx Tx) error {
	const mistake = "如果确实是订单，请换一张清楚的图，或把内容打成文字发来。"
	ids, _ := orders.FindOrderIDs(s.texts())
	if len(ids) == 0 {
		ids = s.talk.Orders
	}
	f := s.readFile(s.at)
	if len(ids) == 1 && f != nil {
		o, err := s.order(tx, ids[0])
		var a orders.Attachment
		if err == nil {
			a, err = s.attachFile(tx, o.ID, *f, "")
		}
		if sentence, ok := orders.ErrorMessage(err); ok { // what the other files of the turn held stays
			if named, _ := orders.FindOrderIDs(s.texts()); len(named) == 0 {
				sentence = ""
			}
			s.say("这里面没有看到订单。" + sentence + "\n" + mistake)
			return nil
		}
		if err != nil {
			return err
		}
		s.say("这里面没有看到订单。" + cards.Attached(o.ID, []orders.Attachment{a}) + "\n" + mistake)
		return s.fillByFile(ctx, tx, o, "", []orders.Attachment{a})
	}
	if f != nil && f.in.Media != "" {
		s.waitForWord(f.in)
	}
	which := "单号"
	if len(s.talk.Last) == 1 {
		which = string(s.talk.Last[0])
	}
	s.say("这里面没有看到订单。" + mistake + "是某一单的合同、送货单、照片的话，请回复「附件 " + which + "」，我收到那一单里。")
	return nil
}

// waitForWord remembers a file in which nothing was found, for 「附件 SO…」.
func (s *session) waitForWord(m orders.Inbound) {
	u := s.talk.Unread
	if u == nil || u.By != s.in.Sender || s.now.Sub(u.At) > attachTime {
		u = &unreadFiles{By: s.in.Sender}
	}
	m.Text, m.Quoted, m.ReplyURL = "", "", ""
	u.Files = append(u.Files, m)
	u.Files = u.Files[max(0, len(u.Files)-maxUnread):]
	u.At = s.now
	s.talk.Unread = u
}

// waitForUnopened does so for files that could not be opened: a contract with a password.
func (s *session) waitForUnopened() {
	for _, f := range s.docs {
		if f.doc == nil && f.in.Media != "" {
			s.waitForWord(f.in)
		}
	}
}

// files carries out 「附件 SO…」, 「附件 SO… 2」 and 「加附件 SO…」. It returns false where they are words like any others.
func (s *session) files(ctx context.Context, tx Tx, cmd command) (bool, error) {
	if s.kept != nil {
		return true, s.keep(ctx, tx)
	}
	no, err := strconv.Atoi(cmd.arg)
	if cmd.arg != "" && err != nil && !saysWhat("附件"+cmd.arg) {
		return false, nil
	}
	if len(cmd.orders) != 1 {
		return true, orders.Errorf(orders.CodeInvalid, "一次看一单的附件，请写「附件 单号」")
	}
	o, err := s.order(tx, cmd.orders[0])
	if err != nil {
		return true, err
	}
	s.talk.Last = []orders.OrderID{o.ID}
	switch {
	case cmd.verb == cmdAddFile:
		s.awaitFiles(o.ID)
		return true, nil
	case no > 0:
		return true, s.sendFile(tx, o.ID, no)
	}
	list, err := tx.Attachments(o.ID)
	if err != nil {
		return true, err
	}
	hidden := len(list)
	list = s.mine(list)
	if hidden -= len(list); s.person.staff == nil {
		hidden = 0
	}
	s.send(cards.Attachments(o.ID, list, hidden, s.clerk.Location), "reply", o.ID)
	return true, nil
}

// awaitFiles asks for files of an order.
func (s *session) awaitFiles(id orders.OrderID) {
	s.talk.Attach = &attaching{Order: id, By: s.in.Sender, Until: s.now.Add(attachTime)}
	s.say(fmt.Sprintf("好的，请把 %s 的附件发来，10 分钟内有效。", id))
}

// mine leaves of an order's files those that the person may have.
func (s *session) mine(list []orders.Attachment) []orders.Attachment {
	by := s.person.actor()
	return slices.DeleteFunc(list, func(a orders.Attachment) bool { return !by.MayHave(&a) })
}

// filesOf are the files of an order that the person may have.
func (s *session) filesOf(tx Tx, id orders.OrderID) ([]orders.Attachment, error) {
	list, err := tx.Attachments(id)
	return s.mine(list), err
}

// alone refuses to send the staff something in a group, where not everybody may have it.
func (s *session) alone(what string) error {
	if s.person.staff != nil && !strings.EqualFold(s.part.Chat.ID, s.in.Sender) {
		return orders.Errorf(orders.CodeInvalid, "%s请单独问我要，不在群里发", what)
	}
	return nil
}

// sendFile sends a file of an order.
func (s *session) sendFile(tx Tx, id orders.OrderID, no int) error {
	a, err := orders.FindAttachment(tx, id, no, s.person.actor())
	if err != nil {
		return err
	}
	if err := s.alone("附件"); err != nil {
		return err
	}
	s.send(cards.Message{
		Text: fmt.Sprintf("附件 %s 在这里发不出来，请换一个聊天（企业微信、钉钉、微信客服）向我要。", a.Title()),
		File: &cards.File{Name: a.Name, Blob: a.Digest},
	}, "order.file", id)
	return nil
}

// dropFile carries out 「移除附件 SO… 2」.
func (s *session) dropFile(tx Tx, cmd command) error {
	no, err := strconv.Atoi(cmd.arg)
	if err != nil || len(cmd.orders) != 1 {
		return orders.Errorf(orders.CodeInvalid, "请写「移除附件 单号 编号」，编号见「附件 单号」")
	}
	o, err := s.order(tx, cmd.orders[0])
	if err != nil {
		return err
	}
	a, err := orders.Detach(tx, o.ID, no, s.person.actor(), s.now)
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("已从 %s 移除附件 %s。", o.ID, a.Title()))
	return nil
}
