package simulator

import (
	"context"
	"encoding/xml"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// SendText lets the member write to the app.
func (w *WeCom) SendText(ctx context.Context, userid, text string, opts ...SendOption) Delivery {
	var x xmlWriter
	x.cdata("MsgType", "text")
	x.cdata("Content", text)
	return w.say(ctx, userid, Bubble{Kind: "text", Text: text}, x, opts)
}

// SendImage lets the member send a picture; data must be JPEG or PNG.
func (w *WeCom) SendImage(ctx context.Context, userid string, data []byte, opts ...SendOption) Delivery {
	id := w.store(file{kind: "image", data: data}, w.sim.now())
	var x xmlWriter
	x.cdata("MsgType", "image")
	x.cdata("PicUrl", w.sim.WeComURL()+"/pic/"+id)
	x.cdata("MediaId", id)
	return w.say(ctx, userid, Bubble{Kind: "image", MediaID: id}, x, opts)
}

// SendFile lets the member send a file. The documentation does not list it among the messages that
// an app receives; this is the form that published plug-ins handle.
func (w *WeCom) SendFile(ctx context.Context, userid, name string, data []byte, opts ...SendOption) Delivery {
	id := w.store(file{kind: "file", name: name, data: data}, w.sim.now())
	var x xmlWriter
	x.cdata("MsgType", "file")
	x.cdata("MediaId", id)
	x.cdata("FileName", name)
	return w.say(ctx, userid, Bubble{Kind: "file", MediaID: id, FileName: name}, x, opts)
}

// SendVoice lets the member speak; the callback carries no recognised text.
func (w *WeCom) SendVoice(ctx context.Context, userid string, data []byte, opts ...SendOption) Delivery {
	id := w.store(file{kind: "voice", name: "voice.amr", data: data}, w.sim.now())
	var x xmlWriter
	x.cdata("MsgType", "voice")
	x.cdata("MediaId", id)
	x.cdata("Format", "amr")
	return w.say(ctx, userid, Bubble{Kind: "voice", MediaID: id}, x, opts)
}

// SendRaw lets the member send any message: inner is the XML from MsgType on, such as
// "<MsgType><![CDATA[location]]></MsgType><Location_X>…". Events get no MsgId.
func (w *WeCom) SendRaw(ctx context.Context, userid, inner string, opts ...SendOption) Delivery {
	var x xmlWriter
	x.raw(inner)
	return w.say(ctx, userid, Bubble{Kind: tagText(inner, "MsgType"), Text: inner}, x, opts)
}

// EnterAgent lets the member open the app's chat.
func (w *WeCom) EnterAgent(ctx context.Context, userid string, opts ...SendOption) Delivery {
	return w.event(ctx, userid, "enter_agent", "", "", opts)
}

// ClickMenu lets the member press a menu entry of type click below the chat.
func (w *WeCom) ClickMenu(ctx context.Context, userid, key string, opts ...SendOption) Delivery {
	return w.event(ctx, userid, "click", key, "", opts)
}

// Subscribe tells the app that the member entered its visible range.
func (w *WeCom) Subscribe(ctx context.Context, userid string, opts ...SendOption) Delivery {
	return w.event(ctx, userid, "subscribe", "", "", opts)
}

// Click lets the member press the button key of the card taskID; [Selecting] tells what was chosen
// before. A key of the card's menu sends template_card_menu_event.
func (w *WeCom) Click(ctx context.Context, userid, taskID, key string, opts ...SendOption) Delivery {
	set := w.sim.sending(opts)
	w.mu.Lock()
	card := w.cards[taskID]
	if card == nil || card.bubbles[userid] == nil {
		w.mu.Unlock()
		return Delivery{Err: ErrNotOnScreen}
	}
	shown := card.shown[userid]
	button, is := card.bubbles[userid].button(key)
	if !set.forced {
		if !is {
			w.mu.Unlock()
			return Delivery{Err: ErrNotOnScreen}
		}
		if err := shown.checkSelections(set.selected); err != nil {
			w.mu.Unlock()
			return Delivery{Err: err}
		}
	}
	code := w.issueCode(card, w.sim.now())
	w.mu.Unlock()

	name := "template_card_event"
	if button.Menu {
		name = "template_card_menu_event"
	}
	var x xmlWriter
	x.cdata("TaskId", taskID)
	x.cdata("CardType", shown.CardType)
	x.cdata("ResponseCode", code)
	if len(set.selected) > 0 {
		x.raw("<SelectedItems>")
		for _, s := range set.selected {
			x.raw("<SelectedItem>")
			x.cdata("QuestionKey", s.QuestionKey)
			x.raw("<OptionIds>")
			for _, id := range s.OptionIDs {
				x.cdata("OptionId", id)
			}
			x.raw("</OptionIds></SelectedItem>")
		}
		x.raw("</SelectedItems>")
	}
	return w.event(ctx, userid, name, key, string(x.bytes()), opts)
}

// checkSelections checks that what was chosen can be chosen.
func (c *templateCard) checkSelections(chosen []Selection) error {
	all := slices.Clone(c.SelectList)
	for _, s := range []*cardSelect{c.ButtonSelection, c.CheckBox} {
		if s != nil {
			all = append(all, *s)
		}
	}
	for _, sel := range chosen {
		i := slices.IndexFunc(all, func(s cardSelect) bool { return s.QuestionKey == sel.QuestionKey })
		if i < 0 || all[i].Disable {
			return fmt.Errorf("question %q: %w", sel.QuestionKey, ErrNotOnScreen)
		}
		if all[i].Mode == 0 && len(sel.OptionIDs) > 1 {
			return fmt.Errorf("question %q takes one answer: %w", sel.QuestionKey, ErrNotOnScreen)
		}
		for _, id := range sel.OptionIDs {
			if !slices.ContainsFunc(all[i].OptionList, func(o cardOption) bool { return o.ID == id }) {
				return fmt.Errorf("option %q: %w", id, ErrNotOnScreen)
			}
		}
	}
	return nil
}

// event delivers an event of the member; more is XML after EventKey.
func (w *WeCom) event(ctx context.Context, userid, name, key, more string, opts []SendOption) Delivery {
	var x xmlWriter
	x.cdata("MsgType", "event")
	x.cdata("Event", name)
	x.cdata("EventKey", key)
	x.raw(more)
	return w.say(ctx, userid, Bubble{}, x, opts)
}

// say puts b on the member's screen, if it is a message, and delivers the callback with the
// content x.
func (w *WeCom) say(ctx context.Context, userid string, b Bubble, x xmlWriter, opts []SendOption) Delivery {
	set := w.sim.sending(opts)
	inner := string(x.bytes())
	isEvent := tagText(inner, "MsgType") == "event"
	w.mu.Lock()
	if m := w.members[strings.ToLower(userid)]; m == nil || m.userid != userid {
		w.mu.Unlock()
		return Delivery{Err: ErrNobody}
	}
	id := ""
	if !isEvent {
		id = fmt.Sprint(7_000_000_000_000_000_000 + w.sim.next())
		b.ID, b.From, b.Time = id, FromPerson, set.at
		w.screens.add(userid, b)
	}
	var out xmlWriter
	out.raw("<xml>")
	out.cdata("ToUserName", w.cred.CorpID)
	out.cdata("FromUserName", userid)
	out.num("CreateTime", set.at.Unix())
	out.raw(inner)
	if !isEvent {
		out.raw("<MsgId>" + id + "</MsgId>")
	}
	out.num("AgentID", int64(w.cred.AgentID))
	out.raw("</xml>")
	msg := out.bytes()
	if !isEvent {
		w.past[id] = pastMessage{person: userid, xml: msg, set: set}
	}
	w.mu.Unlock()
	w.sim.changed(PlatformWeCom, userid)
	return w.deliver(ctx, userid, id, msg, set)
}

// Redeliver delivers a message once more, as it was, under the policy in force.
func (w *WeCom) Redeliver(ctx context.Context, msgID string) Delivery {
	w.mu.Lock()
	past, is := w.past[msgID]
	w.mu.Unlock()
	if !is {
		return Delivery{MsgID: msgID, Err: ErrNotOnScreen}
	}
	return w.deliver(ctx, past.person, msgID, past.xml, past.set)
}

func (w *WeCom) deliver(ctx context.Context, userid, id string, msg []byte, set sending) Delivery {
	send := func(ctx context.Context) Delivery {
		return w.app.deliver(ctx, id, msg, set, func(reply []byte) error { return w.passive(userid, msg, reply) })
	}
	if w.sim.dist.hold(func(ctx context.Context) { send(ctx) }) {
		return Delivery{MsgID: id, Held: true}
	}
	return send(ctx)
}

// passiveReply is the plain XML inside a passive reply.
type passiveReply struct {
	ToUserName   string          `xml:"ToUserName"`
	FromUserName string          `xml:"FromUserName"`
	CreateTime   int64           `xml:"CreateTime"`
	MsgType      string          `xml:"MsgType"`
	Content      string          `xml:"Content"`
	Image        *passiveMedia   `xml:"Image"`
	Voice        *passiveMedia   `xml:"Voice"`
	Video        *passiveMedia   `xml:"Video"`
	ArticleCount int             `xml:"ArticleCount"`
	Articles     *passiveNews    `xml:"Articles"`
	Button       *passiveButton  `xml:"Button"`
	TemplateCard *templateCard   `xml:"TemplateCard"`
	Transfer     *passiveService `xml:"TransInfo"`
}

type passiveMedia struct {
	MediaID     string `xml:"MediaId"`
	Title       string `xml:"Title"`
	Description string `xml:"Description"`
}

type passiveNews struct {
	Items []passiveArticle `xml:"item"`
}

type passiveArticle struct {
	Title       string `xml:"Title"`
	Description string `xml:"Description"`
	PicURL      string `xml:"PicUrl"`
	URL         string `xml:"Url"`
}

type passiveButton struct {
	ReplaceName string `xml:"ReplaceName"`
}

type passiveService struct {
	KfAccount string `xml:"KfAccount"`
}

// parsePassive reads a passive reply and checks its frame.
func parsePassive(reply []byte, to, from string) (*passiveReply, error) {
	var tree xmlNode
	if err := xml.Unmarshal(reply, &tree); err != nil {
		return nil, fmt.Errorf("passive reply: %w", err)
	}
	if err := checkXML(tree, reflect.TypeFor[passiveReply](), ""); err != nil {
		return nil, fmt.Errorf("passive reply: %w", err)
	}
	var out passiveReply
	if err := xml.Unmarshal(reply, &out); err != nil {
		return nil, fmt.Errorf("passive reply: %w", err)
	}
	switch {
	case out.ToUserName != to:
		return nil, fmt.Errorf("passive reply: ToUserName %q, want %q", out.ToUserName, to)
	case out.FromUserName != from:
		return nil, fmt.Errorf("passive reply: FromUserName %q, want %q", out.FromUserName, from)
	case out.CreateTime == 0:
		return nil, fmt.Errorf("passive reply: no CreateTime")
	}
	return &out, nil
}

// passiveEvents are the events that accept a passive message.
var passiveEvents = []string{
	"subscribe", "enter_agent", "LOCATION", "click", "view", "view_miniprogram", "scancode_waitmsg", "template_card_menu_event",
}

// passive applies the passive reply to msg, which userid sent.
func (w *WeCom) passive(userid string, msg, reply []byte) error {
	r, err := parsePassive(reply, userid, w.cred.CorpID)
	if err != nil {
		return err
	}
	text := string(msg)
	isEvent := tagText(text, "MsgType") == "event"
	event := tagText(text, "Event")
	isUpdate := r.MsgType == "update_button" || r.MsgType == "update_template_card"
	if isUpdate && event != "template_card_event" || isEvent && !isUpdate && !slices.Contains(passiveEvents, event) {
		return fmt.Errorf("passive reply: event %q takes no %s", event, r.MsgType)
	}
	w.mu.Lock()
	defer w.sim.changed(PlatformWeCom, userid)
	defer w.mu.Unlock()
	if isUpdate {
		return w.passiveUpdate(userid, tagText(text, "TaskId"), r)
	}
	b := Bubble{ID: "passive" + w.sim.word(12), From: FromBot, Time: w.sim.now(), Kind: r.MsgType}
	if err := r.render(&b, &w.media, w.sim.now(), textLimit); err != nil {
		return err
	}
	w.screens.add(userid, b)
	return nil
}

func (w *WeCom) passiveUpdate(userid, taskID string, r *passiveReply) error {
	card := w.cards[taskID]
	if card == nil || card.bubbles[userid] == nil {
		return fmt.Errorf("passive reply: no card %q", taskID)
	}
	if r.MsgType == "update_button" {
		if r.Button == nil || r.Button.ReplaceName == "" {
			return fmt.Errorf("passive reply: no Button/ReplaceName")
		}
		card.bubbles[userid].settle(r.Button.ReplaceName)
		return nil
	}
	if r.TemplateCard == nil {
		return fmt.Errorf("passive reply: no TemplateCard")
	}
	if err := w.checkReplacement(card, r.TemplateCard); err != nil {
		return fmt.Errorf("passive reply: %w", err)
	}
	card.replace(userid, r.TemplateCard)
	return nil
}

// render puts a passive message into b.
func (r *passiveReply) render(b *Bubble, media *mediaStore, now time.Time, limit int) error {
	var part *passiveMedia
	switch r.MsgType {
	case "text":
		if r.Content == "" {
			return fmt.Errorf("passive reply: no Content")
		}
		b.setText(r.Content, limit)
		return nil
	case "news":
		if r.Articles == nil || len(r.Articles.Items) == 0 || len(r.Articles.Items) != r.ArticleCount || r.ArticleCount > 8 {
			return fmt.Errorf("passive reply: ArticleCount %d does not fit the articles", r.ArticleCount)
		}
		b.Title, b.Text, b.URL = r.Articles.Items[0].Title, r.Articles.Items[0].Description, r.Articles.Items[0].URL
		return nil
	case "image":
		part = r.Image
	case "voice":
		part = r.Voice
	case "video":
		part = r.Video
	default:
		return fmt.Errorf("passive reply: MsgType %q", r.MsgType)
	}
	if part == nil {
		return fmt.Errorf("passive reply: no %s", r.MsgType)
	}
	f, is := media.get(part.MediaID, now)
	if !is || f.kind != r.MsgType {
		return fmt.Errorf("passive reply: invalid MediaId")
	}
	b.MediaID, b.FileName, b.Title = part.MediaID, f.name, part.Title
	return nil
}

// tagText returns the text of the first element name in flat XML, with or without CDATA.
func tagText(text, name string) string {
	_, rest, found := strings.Cut(text, "<"+name+">")
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, "</"+name+">")
	value = strings.TrimPrefix(value, "<![CDATA[")
	return strings.TrimSuffix(value, "]]>")
}
