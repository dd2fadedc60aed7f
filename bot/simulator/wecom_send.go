package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// workSend is the body of message/send. All message types are in one struct; msgtype says which
// one counts.
type workSend struct {
	ToUser                 string        `json:"touser"`
	ToParty                string        `json:"toparty"`
	ToTag                  string        `json:"totag"`
	MsgType                string        `json:"msgtype" need:""`
	AgentID                *int          `json:"agentid" need:""`
	Safe                   int           `json:"safe"`
	EnableIDTrans          int           `json:"enable_id_trans"`
	EnableDuplicateCheck   int           `json:"enable_duplicate_check"`
	DuplicateCheckInterval *int          `json:"duplicate_check_interval"`
	Text                   *contentBody  `json:"text"`
	Markdown               *contentBody  `json:"markdown"`
	Image                  *mediaBody    `json:"image"`
	Voice                  *mediaBody    `json:"voice"`
	File                   *mediaBody    `json:"file"`
	Video                  *videoBody    `json:"video"`
	TextCard               *textCardBody `json:"textcard"`
	News                   *newsBody     `json:"news"`
	TemplateCard           *templateCard `json:"template_card"`
}

type contentBody struct {
	Content string `json:"content"`
}

type mediaBody struct {
	MediaID string `json:"media_id" need:""`
}

type videoBody struct {
	MediaID     string `json:"media_id" need:""`
	Title       string `json:"title"`
	Description string `json:"description"`
}

type textCardBody struct {
	Title       string `json:"title" need:""`
	Description string `json:"description" need:""`
	URL         string `json:"url" need:""`
	BtnTxt      string `json:"btntxt"`
}

type newsBody struct {
	Articles []newsArticle `json:"articles" need:""`
}

type newsArticle struct {
	Title       string `json:"title" need:""`
	Description string `json:"description"`
	URL         string `json:"url"`
	PicURL      string `json:"picurl"`
	AppID       string `json:"appid"`
	PagePath    string `json:"pagepath"`
}

// messageSend is POST /cgi-bin/message/send.
func (w *WeCom) messageSend(c *apiCall) answer {
	var in workSend
	if err := decode(c.body, &in); err != nil {
		return refused(cardError(err))
	}
	w.mu.Lock()
	a, touched := w.send(c, &in)
	w.mu.Unlock()
	for _, u := range touched {
		w.sim.changed(PlatformWeCom, u)
	}
	return a
}

// cardError gives what is wrong inside a card the code of cards.
func cardError(err error) error {
	if b, is := errors.AsType[*bodyError](err); is && strings.HasPrefix(b.field, "template_card") {
		return refuse(badCard, "%v", b)
	}
	return err
}

// send does a message/send under the lock and returns the members whose screens changed.
func (w *WeCom) send(c *apiCall, in *workSend) (a answer, touched []string) {
	if *in.AgentID != w.cred.AgentID {
		return fail(40056, "invalid agentid"), nil
	}
	for _, flag := range []int{in.Safe, in.EnableIDTrans, in.EnableDuplicateCheck} {
		if flag != 0 && flag != 1 {
			return fail(40058, "invalid parameter: a switch must be 0 or 1"), nil
		}
	}
	bubble, err := w.render(in)
	if err != nil {
		return refused(err), nil
	}
	to, invalid, err := w.receivers(in)
	if err != nil {
		return refused(err), nil
	}
	interval := 30 * time.Minute
	if in.DuplicateCheckInterval != nil {
		interval = time.Duration(*in.DuplicateCheckInterval) * time.Second
	}
	if interval <= 0 || interval > 4*time.Hour {
		return fail(40058, "invalid parameter: duplicate_check_interval"), nil
	}
	fields := map[string]any{
		"invaliduser": strings.Join(invalid, "|"), "invalidparty": in.ToParty, "invalidtag": in.ToTag, "unlicenseduser": "",
	}
	key := w.repeatKey(c.body)
	if old := w.repeats[key]; in.EnableDuplicateCheck == 1 && old != nil && c.now.Sub(old.at) < interval {
		fields["msgid"] = old.id // swallowed; no new response_code comes with it
		return ok(fields), nil
	}
	if in.MsgType == "template_card" && in.TemplateCard.TaskID != "" && w.cards[in.TemplateCard.TaskID] != nil {
		return fail(badTaskID, "task_id %s was used before", in.TemplateCard.TaskID), nil
	}
	msg := &workMessage{id: "msg" + w.sim.word(40), at: c.now}
	w.sent[msg.id], w.repeats[key] = msg, msg
	fields["msgid"] = msg.id
	bubble.ID, bubble.From, bubble.Time = msg.id, FromBot, c.now
	var card *workCard
	if in.MsgType == "template_card" {
		card = &workCard{taskID: in.TemplateCard.TaskID, bubbles: make(map[string]*Bubble), shown: make(map[string]*templateCard)}
		if card.taskID != "" {
			w.cards[card.taskID] = card
		}
		if in.TemplateCard.updatable() {
			code := w.issueCode(card, c.now)
			if in.TemplateCard.interactive() {
				fields["response_code"] = code
			}
		}
	}
	for _, m := range to {
		if !w.roomFor(m, c.now) {
			m.dropped++
			continue
		}
		b := w.screens.add(m.userid, bubble.clone())
		msg.bubbles = append(msg.bubbles, b)
		msg.receivers = append(msg.receivers, m.userid)
		if card != nil {
			card.bubbles[m.userid], card.shown[m.userid] = b, in.TemplateCard
		}
	}
	return ok(fields), msg.receivers
}

// roomFor counts one message to m: 30 a minute and 1000 an hour reach a member.
func (w *WeCom) roomFor(m *member, now time.Time) bool {
	return !m.hour.full(now) && m.minute.allow(now) && m.hour.allow(now)
}

// repeatKey is the content of a message as enable_duplicate_check compares it.
func (w *WeCom) repeatKey(body []byte) string {
	var all map[string]any
	_ = json.Unmarshal(body, &all) // decoded before
	delete(all, "enable_duplicate_check")
	delete(all, "duplicate_check_interval")
	key, err := json.Marshal(all)
	if err != nil {
		panic(err) // it came from JSON
	}
	return string(key)
}

// receivers returns the members a message goes to and the names that are nobody, in lower case.
func (w *WeCom) receivers(in *workSend) (to []*member, invalid []string, err error) {
	if in.ToUser == "" && in.ToParty == "" && in.ToTag == "" {
		return nil, nil, refuse(40063, "touser, toparty and totag are empty")
	}
	if strings.Count(in.ToParty, "|") >= 100 || strings.Count(in.ToTag, "|") >= 100 {
		return nil, nil, refuse(40058, "more than 100 parties or tags")
	}
	names := strings.Split(in.ToUser, "|")
	switch {
	case in.ToUser == "@all":
		names = slices.Clone(w.order)
	case in.ToUser == "":
		names = nil
	case len(names) > 1000:
		return nil, nil, refuse(40032, "invalid userid list size %d", len(names))
	}
	for _, name := range names {
		if m := w.members[strings.ToLower(name)]; m == nil {
			invalid = append(invalid, strings.ToLower(name))
		} else if !slices.Contains(to, m) {
			to = append(to, m)
		}
	}
	if len(to) == 0 {
		return nil, nil, refuse(81013, "user & party & tag all invalid")
	}
	return to, invalid, nil
}

// render checks the content of a message and returns how a client shows it.
func (w *WeCom) render(in *workSend) (Bubble, error) {
	b := Bubble{Kind: in.MsgType}
	given := map[string]bool{
		"text": in.Text != nil, "markdown": in.Markdown != nil, "image": in.Image != nil, "voice": in.Voice != nil,
		"file": in.File != nil, "video": in.Video != nil, "textcard": in.TextCard != nil, "news": in.News != nil,
		"template_card": in.TemplateCard != nil,
	}
	present, known := given[in.MsgType]
	if !known {
		return b, refuse(40008, "invalid message type %q", in.MsgType)
	}
	if !present {
		return b, refuse(40063, "parameter %s is missing", in.MsgType)
	}
	for name, is := range given {
		if is && name != in.MsgType {
			return b, refuse(40058, "invalid parameter: %s in a %s message", name, in.MsgType)
		}
	}
	switch in.MsgType {
	case "text":
		if in.Text.Content == "" {
			return b, refuse(44004, "text content is empty")
		}
		b.setText(in.Text.Content, textLimit)
	case "markdown":
		if in.Markdown.Content == "" {
			return b, refuse(44004, "markdown content is empty")
		}
		if len(in.Markdown.Content) > textLimit {
			return b, refuse(45002, "content size out of limit: %d bytes", len(in.Markdown.Content))
		}
		b.Text = in.Markdown.Content
	case "textcard":
		return b, in.TextCard.render(&b)
	case "news":
		return b, in.News.render(&b)
	case "template_card":
		if err := in.TemplateCard.validate(func(id string) bool { return w.hasMedia(id, "") }); err != nil {
			return b, err
		}
		in.TemplateCard.draw(&b)
	case "video":
		return b, w.renderMedia(&b, in.Video.MediaID)
	default:
		return b, w.renderMedia(&b, map[string]*mediaBody{"image": in.Image, "voice": in.Voice, "file": in.File}[in.MsgType].MediaID)
	}
	return b, nil
}

// renderMedia points b to an uploaded medium of b's kind.
func (w *WeCom) renderMedia(b *Bubble, id string) error {
	f, is := w.media.get(id, w.sim.now())
	if !is || f.kind != b.Kind {
		return refuse(40007, "invalid media_id")
	}
	b.MediaID, b.FileName = id, f.name
	return nil
}

// setText shows text, cut at limit bytes.
func (b *Bubble) setText(text string, limit int) {
	b.Text = cutBytes(text, limit)
	if len(b.Text) < len(text) {
		b.Cut = append(b.Cut, fmt.Sprintf("text: %d bytes, %d shown", len(text), len(b.Text)))
	}
}

func (t *textCardBody) render(b *Bubble) error {
	if len(t.URL) > 2048 {
		return refuse(40058, "invalid parameter: textcard.url")
	}
	b.setText(t.Description, 512)
	if b.Title = cutBytes(t.Title, 128); b.Title != t.Title {
		b.Cut = append(b.Cut, fmt.Sprintf("title: %d bytes, 128 shown", len(t.Title)))
	}
	b.URL = t.URL
	text := t.BtnTxt
	if text == "" {
		text = "详情"
	}
	b.Buttons = []Button{{Text: text, URL: t.URL}}
	return nil
}

func (n *newsBody) render(b *Bubble) error {
	if len(n.Articles) > 8 {
		return refuse(45008, "article size %d out of limit", len(n.Articles))
	}
	b.Title = n.Articles[0].Title
	b.setText(n.Articles[0].Description, 512)
	for _, a := range n.Articles {
		if a.URL == "" && a.AppID == "" {
			return refuse(40063, "news.articles: url or appid is needed")
		}
		b.Buttons = append(b.Buttons, Button{Text: a.Title, URL: a.URL})
	}
	return nil
}

// issueCode makes a response_code for card.
func (w *WeCom) issueCode(card *workCard, now time.Time) string {
	code := w.sim.word(43)
	w.codes[code] = &responseCode{card: card, issued: now}
	return code
}

// badCode is the code of a response_code that is unknown, used or too old: the published "code has
// been used, it can be used once only".
const badCode = 42022

// updateCard is POST /cgi-bin/message/update_template_card.
func (w *WeCom) updateCard(c *apiCall) answer {
	var in struct {
		UserIDs       []string `json:"userids"`
		PartyIDs      []int    `json:"partyids"`
		TagIDs        []int    `json:"tagids"`
		AtAll         int      `json:"atall"`
		AgentID       *int     `json:"agentid" need:""`
		ResponseCode  string   `json:"response_code" need:""`
		EnableIDTrans int      `json:"enable_id_trans"`
		Button        *struct {
			ReplaceName string `json:"replace_name" need:""`
		} `json:"button"`
		TemplateCard *templateCard `json:"template_card"`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(cardError(err))
	}
	switch {
	case *in.AgentID != w.cred.AgentID:
		return fail(40056, "invalid agentid")
	case (in.Button == nil) == (in.TemplateCard == nil):
		return fail(40058, "invalid parameter: either button or template_card")
	case in.AtAll != 0 && in.AtAll != 1:
		return fail(40058, "invalid parameter: atall")
	case in.AtAll == 0 && len(in.UserIDs)+len(in.PartyIDs)+len(in.TagIDs) == 0:
		return fail(40063, "userids, partyids, tagids and atall are empty")
	case len(in.UserIDs) > 1000 || len(in.PartyIDs) > 100 || len(in.TagIDs) > 100:
		return fail(40032, "invalid userid list size")
	}
	w.mu.Lock()
	code := w.codes[in.ResponseCode]
	if code == nil || code.used || c.now.Sub(code.issued) > responseCodeLife {
		w.mu.Unlock()
		return fail(badCode, "response_code is unknown, used or expired")
	}
	if in.TemplateCard != nil {
		if err := w.checkReplacement(code.card, in.TemplateCard); err != nil {
			w.mu.Unlock()
			return refused(err)
		}
	}
	code.used = true
	users := in.UserIDs
	if in.AtAll == 1 {
		users = nil
		for u := range code.card.bubbles {
			users = append(users, u)
		}
	}
	invalid, touched := []string{}, []string{}
	for _, u := range users {
		owner, b := code.card.of(u)
		if b == nil {
			invalid = append(invalid, u)
			continue
		}
		if in.Button != nil {
			b.settle(in.Button.ReplaceName)
		} else {
			code.card.replace(owner, in.TemplateCard)
		}
		touched = append(touched, owner)
	}
	w.mu.Unlock()
	for _, u := range touched {
		w.sim.changed(PlatformWeCom, u)
	}
	return ok(map[string]any{"invaliduser": invalid})
}

// checkReplacement checks a card that is to stand in place of another.
func (w *WeCom) checkReplacement(old *workCard, next *templateCard) error {
	if next.TaskID == "" && next.updatable() {
		next.TaskID = old.taskID // the card keeps its own
	}
	if next.TaskID != old.taskID && next.TaskID != "" {
		if w.cards[next.TaskID] != nil {
			return refuse(badTaskID, "task_id %s was used before", next.TaskID)
		}
	}
	if err := next.validate(func(id string) bool { return w.hasMedia(id, "") }); err != nil {
		return err
	}
	if next.TaskID != "" {
		w.cards[next.TaskID] = old
	}
	return nil
}

// of returns the bubble that shows the card to userid, in any case.
func (k *workCard) of(userid string) (string, *Bubble) {
	for u, b := range k.bubbles {
		if strings.EqualFold(u, userid) {
			return u, b
		}
	}
	return "", nil
}

// replace shows next to userid.
func (k *workCard) replace(userid string, next *templateCard) {
	b := k.bubbles[userid]
	next.draw(b)
	b.Updates++
	k.shown[userid] = next
}

// settle greys the buttons of b under a caption.
func (b *Bubble) settle(caption string) {
	b.Settled = caption
	b.Buttons = slices.DeleteFunc(b.Buttons, func(x Button) bool { return x.ID != "" && !x.Menu })
	b.Updates++
}

// recall is POST /cgi-bin/message/recall, within 24 hours. A foreign msgid is 40058: the
// documentation names no code.
func (w *WeCom) recall(c *apiCall) answer {
	var in struct {
		MsgID string `json:"msgid" need:""`
	}
	if err := decode(c.body, &in); err != nil {
		return refused(err)
	}
	w.mu.Lock()
	msg := w.sent[in.MsgID]
	if msg == nil || c.now.Sub(msg.at) > recallLimit {
		w.mu.Unlock()
		return fail(40058, "invalid parameter: msgid is unknown or older than 24 hours")
	}
	for _, b := range msg.bubbles {
		b.Recalled, b.Buttons = true, nil
	}
	w.mu.Unlock()
	for _, u := range msg.receivers {
		w.sim.changed(PlatformWeCom, u)
	}
	return ok(nil)
}
