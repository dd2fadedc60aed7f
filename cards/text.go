package cards

import "strings"

// TextLimit is how many bytes a text message may have. WeCom and 微信客服 cut what is longer than 2,048;
// the rest is for the invisible mark with which the channel tells equal texts apart.
const TextLimit = 2024

// MenuTextLimit is how many bytes of text go out with choices below them in one message to a customer
// (微信客服, msgmenu.head_content: 1,024); a longer text goes before them in a message of its own.
const MenuTextLimit = 1024

// Text renders a card for chats that show none: the same facts, and the words that work instead
// of the buttons. It is never longer than [TextLimit].
func Text(c *Card) string {
	var head, tail []string
	add := func(to *[]string, s string) {
		if s != "" {
			*to = append(*to, s)
		}
	}
	add(&head, c.heading())
	add(&head, c.Desc)
	if c.Amount != "" {
		add(&head, "合计："+c.Amount)
	}
	for _, f := range c.Fields {
		if f.Value != "" {
			add(&head, f.Name+"："+f.Value)
		}
	}
	add(&tail, c.Question)
	add(&tail, c.Settled)
	add(&tail, c.say())
	if c.Link != nil {
		add(&tail, c.Link.Text+"："+c.Link.URL)
	}
	top, bottom := strings.Join(head, "\n"), clipBytes(strings.Join(tail, "\n"), TextLimit/2)
	top = clipBytes(top, TextLimit-len(bottom)-1)
	room := TextLimit - len(top) - len(bottom) - 2
	parts := []string{top}
	if lines := fitLines(c.Lines, "\n", room, byteCount); lines != "" {
		parts = append(parts, lines)
	}
	if bottom != "" {
		parts = append(parts, bottom)
	}
	return strings.Join(parts, "\n")
}

// heading is the title with its marks.
func (c *Card) heading() string {
	title := c.Title
	if c.Risk {
		title = "⚠️ " + title
	}
	if c.Urgent {
		title = "【加急】" + title
	}
	return title
}

// say names the words that do what the buttons do.
func (c *Card) say() string {
	if c.Settled != "" {
		return ""
	}
	var words []string
	for _, b := range c.Buttons {
		if b.Say != "" {
			words = append(words, "「"+b.Say+"」")
		}
	}
	if len(words) == 0 {
		return ""
	}
	return "请回复" + strings.Join(words, "")
}
