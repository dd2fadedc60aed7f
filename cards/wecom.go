package cards

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits of WeCom's template cards, in characters unless said otherwise. The platform cuts longer
// texts and refuses longer lists and keys.
const (
	wecomTitle     = 36
	wecomDesc      = 44
	wecomSubTitle  = 160
	wecomLines     = 50 // of the subtitle, kept for the order's lines
	wecomQuote     = 200
	wecomFacts     = 6
	wecomFactName  = 5
	wecomFactValue = 30
	wecomButtons   = 6
	wecomButton    = 10
	wecomKey       = 1024 // bytes
	wecomEmphasis  = 14
	wecomJump      = 18
	wecomTask      = 128 // bytes
)

// SettledKey is the key of the one grey button that a settled card keeps, because the platform
// refuses an empty list. Pressing it does nothing.
const SettledKey = "settled"

type templateCard struct {
	Type        string        `json:"card_type"`
	Source      *wecomSource  `json:"source,omitempty"`
	Title       wecomTitled   `json:"main_title"`
	Emphasis    *wecomTitled  `json:"emphasis_content,omitempty"`
	Quote       *wecomQuoted  `json:"quote_area,omitempty"`
	SubTitle    string        `json:"sub_title_text,omitempty"`
	Facts       []wecomFact   `json:"horizontal_content_list,omitempty"`
	Jumps       []wecomLink   `json:"jump_list,omitempty"`
	Action      *wecomLink    `json:"card_action,omitempty"`
	TaskID      string        `json:"task_id,omitempty"`
	Buttons     []wecomAction `json:"button_list,omitempty"`
	ReplaceText string        `json:"replace_text,omitempty"`
}

type wecomSource struct {
	Desc  string `json:"desc"`
	Color int    `json:"desc_color"` // 0 grey, 2 red
}

type wecomTitled struct {
	Title string `json:"title,omitempty"`
	Desc  string `json:"desc,omitempty"`
}

type wecomQuoted struct {
	Type  int    `json:"type"` // 0: leads nowhere
	Title string `json:"title,omitempty"`
	Text  string `json:"quote_text"`
}

type wecomFact struct {
	Name  string `json:"keyname"`
	Value string `json:"value"`
	Type  int    `json:"type,omitempty"` // 1: a link
	URL   string `json:"url,omitempty"`
}

type wecomLink struct {
	Type  int    `json:"type"` // 1: a page
	Title string `json:"title,omitempty"`
	URL   string `json:"url"`
}

type wecomAction struct {
	Type  int    `json:"type"` // 0: calls back with the key
	Text  string `json:"text"`
	Style int    `json:"style"`
	Key   string `json:"key"`
}

// wecomStyles are the button styles of WeCom: 1 primary, 3 neutral, 4 negative.
var wecomStyles = map[Style]int{Primary: 1, Normal: 3, Danger: 4}

// WeCom renders the card as a template_card of message/send and update_template_card, strictly
// within the platform's limits. With buttons, or settled, it is a button_interaction, which needs a
// task id (one that the platform would refuse is replaced by its digest); with only a link a
// text_notice. A card with none of these can't be shown by WeCom: the result is nil and the
// message's text is to be sent.
func WeCom(c *Card, taskID string) json.RawMessage {
	out := templateCard{
		Source: &wecomSource{Desc: "订单助手"},
		Title:  wecomTitled{clip(c.Title, wecomTitle), clip(c.Desc, wecomDesc)},
		TaskID: wecomTaskID(taskID),
	}
	switch {
	case c.Urgent && c.Risk:
		out.Source = &wecomSource{Desc: "加急　⚠️ 风险", Color: 2}
	case c.Urgent:
		out.Source = &wecomSource{Desc: "加急", Color: 2}
	case c.Risk:
		out.Source = &wecomSource{Desc: "⚠️ 风险", Color: 2}
	}
	facts := make([]Field, 0, len(c.Fields)+1)
	link := c.Link
	switch {
	case c.Settled != "":
		out.Type = "button_interaction"
		short, _, _ := strings.Cut(c.Settled, " ")
		out.ReplaceText = clip(short, wecomButton)
		// The list may not be empty; the caption covers its one button.
		out.Buttons = []wecomAction{{Text: out.ReplaceText, Style: wecomStyles[Normal], Key: SettledKey}}
		out.Quote = &wecomQuoted{Title: "处理结果", Text: clip(c.Settled, wecomQuote)}
	case len(c.Buttons) > 0:
		out.Type = "button_interaction"
		out.Buttons = wecomActions(c.Buttons)
	case link != nil:
		out.Type = "text_notice"
		out.Jumps = []wecomLink{{Type: 1, Title: clip(link.Text, wecomJump), URL: link.URL}}
	default:
		return nil
	}
	if c.Question != "" && out.Quote == nil {
		out.Quote = &wecomQuoted{Title: "请您定一下", Text: clip(c.Question, wecomQuote)}
		if words, ok := strings.CutPrefix(c.Question, remark); ok {
			out.Quote = &wecomQuoted{Title: "请留意", Text: clip(words, wecomQuote)}
		}
	}
	if c.Amount != "" {
		if out.Type == "text_notice" && utf8.RuneCountInString(c.Amount) <= wecomEmphasis {
			out.Emphasis = &wecomTitled{Title: c.Amount, Desc: "合计"}
		} else {
			facts = append(facts, Field{"合计", c.Amount})
		}
	}
	facts = append(facts, c.Fields...)

	room := wecomFacts
	if link != nil {
		out.Action = &wecomLink{Type: 1, URL: link.URL}
		if out.Type == "button_interaction" {
			room-- // buttons leave no jump list
		}
	}
	var more []string // what doesn't fit beside a name of five characters
	for _, f := range facts {
		f.Value = oneLine(f.Value)
		switch {
		case f.Value == "":
		case len(out.Facts) < room && utf8.RuneCountInString(f.Name) <= wecomFactName && utf8.RuneCountInString(f.Value) <= wecomFactValue:
			out.Facts = append(out.Facts, wecomFact{Name: f.Name, Value: f.Value})
		default:
			more = append(more, f.Name+"："+f.Value)
		}
	}
	if link != nil && out.Type == "button_interaction" {
		out.Facts = append(out.Facts, wecomFact{Name: "全部", Value: clip(link.Text, wecomFactValue), Type: 1, URL: link.URL})
	}
	room = wecomSubTitle
	if len(c.Lines) > 0 {
		room -= wecomLines
	}
	out.SubTitle = clipFacts(more, room)
	if sep := "\n"; len(c.Lines) > 0 {
		if out.SubTitle == "" {
			sep = ""
		}
		left := wecomSubTitle - utf8.RuneCountInString(out.SubTitle) - len(sep)
		if lines := fitLines(c.Lines, "\n", left, utf8.RuneCountInString); lines != "" {
			out.SubTitle += sep + lines
		}
	}
	return encode(out)
}

// clipFacts puts facts below each other in at most n characters. What is cut keeps no part of a number, which would be read as another one,
// and no name without a value.
func clipFacts(facts []string, n int) string {
	s := strings.Join(facts, "\n")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	s = strings.TrimRight(strings.TrimSuffix(clip(s, n), "…"), "0123456789,.¥-")
	at := strings.LastIndexByte(s, '\n')
	if _, value, _ := strings.Cut(s[at+1:], "："); strings.TrimSpace(value) == "" {
		return s[:max(at, 0)]
	}
	return s + "…"
}

// wecomActions renders buttons; keys are unique within a card and never longer than the platform
// takes.
func wecomActions(buttons []Button) []wecomAction {
	out := make([]wecomAction, 0, wecomButtons)
	seen := make(map[string]bool)
	for _, b := range buttons {
		if len(out) == wecomButtons || seen[b.Action] || len(b.Action) > wecomKey {
			continue
		}
		seen[b.Action] = true
		style := wecomStyles[b.Style]
		if style == 0 {
			style = wecomStyles[Normal]
		}
		out = append(out, wecomAction{Text: clip(b.Text, wecomButton), Style: style, Key: b.Action})
	}
	return out
}

var wecomTaskPattern = regexp.MustCompile(`^[0-9A-Za-z_@-]*$`)

func wecomTaskID(id string) string {
	if len(id) <= wecomTask && wecomTaskPattern.MatchString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// oneLine makes a text of several lines one.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// encode writes JSON without escaping what only HTML minds: every byte counts against a limit.
func encode(v any) json.RawMessage {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // plain structs always encode
		return nil
	}
	return json.RawMessage(strings.TrimSpace(b.String()))
}
