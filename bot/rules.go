package bot

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake"
	"orderbot/orders/rules"
)

// KindRulesCard is the card that asks whether rules are to be put in force.
const KindRulesCard = "rules.card"

const (
	maxRules  = 256 << 10 // bytes of a rules file
	triedMost = 200       // past orders that rules are tried on
	knownMost = 500       // that are looked at as earlier orders of those
	ruleTime  = 30 * time.Minute
)

// rulesFile is a rules file that somebody sent, or why it could not be fetched.
type rulesFile struct {
	name string
	data []byte
	err  error
}

// isRules tells whether a member of the staff sent a rules file.
func isRules(m *orders.Inbound) bool {
	name := strings.ToLower(m.FileName)
	return m.Kind == orders.InboundFile && (m.Platform == orders.DingTalk || m.Platform == orders.WeCom) &&
		(strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml"))
}

// proposed are rules that the sender was shown and asked about.
type proposed struct {
	Number int       `json:"number"`
	Seen   int       `json:"seen"` // changes that there had been then
	Back   bool      `json:"back,omitempty"`
	Reason string    `json:"reason"`
	By     string    `json:"by"` // who was asked: a group has several members
	Until  time.Time `json:"until"`
}

// ruleWords is what may stand behind 规则.
var ruleWords = regexp.MustCompile(`^(?:(历史|试算|启用|确认|回退|差别|区别|对比|比较|文件|原文|下载|yaml|YAML)(?:启用|回退)?)?[\s,:]*(?:第?\s*(\d{1,6})\s*版?)?(?:[\s,、和与跟到]+第?\s*(\d{1,6})\s*版?)?(?:[\s,。:]+(.*))?$`)

type ruleCommand struct {
	word     string
	from, to int // version numbers, 0: none
	reason   string
}

// parseRules reads what stands behind 规则; false where that is no command.
func parseRules(arg string) (c ruleCommand, ok bool) {
	m := ruleWords.FindStringSubmatch(strings.TrimSpace(arg))
	if m == nil {
		return c, false
	}
	c.word, c.reason = m[1], strings.Trim(m[4], edges)
	c.from, _ = strconv.Atoi(m[2])
	c.to, _ = strconv.Atoi(m[3])
	switch c.word {
	case "启用", "确认":
		return c, c.from > 0 && c.to == 0
	case "回退":
		return c, c.from == 0
	case "差别", "区别", "对比", "比较":
		c.word = "差别"
		return c, c.from > 0 && c.reason == ""
	case "文件", "原文", "下载", "yaml", "YAML":
		c.word = "文件"
		return c, c.to == 0 && c.reason == ""
	default:
		return c, c.to == 0 && c.reason == "" && (c.word != "历史" || c.from == 0)
	}
}

func isRuleCommand(arg string, ids []orders.OrderID) bool {
	_, ok := parseRules(arg)
	return ok && len(ids) == 0
}

// mayNotRule refuses who may not change the rules, which include the fields that orders have; that they tried is recorded.
func (s *session) mayNotRule(tx Tx, tried string) (refused bool, err error) {
	sentence, refused := orders.ErrorMessage(s.person.actor().MayRule())
	if !refused {
		return false, nil
	}
	s.say(sentence)
	return true, s.note(tx, "改规则被拒绝", tried)
}

// rules carries out 「规则 …」.
func (s *session) rules(ctx context.Context, tx Tx, arg string) error {
	c, _ := parseRules(arg)
	if c.word != "" || s.person.staff.May(orders.RightView) != orders.ScopeAll {
		if refused, err := s.mayNotRule(tx, strings.TrimSpace("规则 "+arg)); refused || err != nil {
			return err
		}
	}
	changes, err := tx.RuleChanges()
	if err != nil {
		return err
	}
	last := orders.InForce(changes)
	switch c.word {
	case "历史":
		versions, err := tx.RuleVersions()
		if err != nil {
			return err
		}
		s.send(cards.RuleHistory(changes, versions), "reply", "")
		return nil
	case "差别":
		if c.to == 0 {
			c.from, c.to = last.Number, c.from
		}
		return s.compareRules(tx, c.from, c.to)
	case "文件":
		if c.from == 0 {
			c.from = last.Number
		}
		return s.sendRules(tx, c.from)
	case "启用":
		return s.propose(ctx, tx, changes, c.from, false, c.reason)
	case "试算":
		if c.from == 0 {
			versions, err := tx.RuleVersions()
			if err != nil {
				return err
			}
			if c.from = versions[len(versions)-1].Number; c.from == last.Number {
				return orders.Errorf(orders.CodeInvalid, "没有等着启用的规则。把改好的规则文件发给我，我先试算给您看；以前的版本发「规则 试算 版本号」")
			}
		}
		return s.propose(ctx, tx, changes, c.from, false, "")
	case "回退":
		before := orders.BeforeChange(changes)
		if before == 0 {
			return orders.Errorf(orders.CodeInvalid, "现在用的第 %d 版之前没有别的规则，退不了", last.Number)
		}
		return s.propose(ctx, tx, changes, before, true, c.reason)
	case "确认":
		p := s.talk.Rules
		if last.Number != c.from && (p == nil || p.Number != c.from || p.By != s.in.Sender || !s.now.Before(p.Until)) {
			return orders.Errorf(orders.CodeInvalid, "请先发「规则 启用 %d」看看改了什么，再确认", c.from)
		}
		if p == nil {
			p = &proposed{Seen: len(changes)}
		}
		return s.useRules(tx, c.from, p.Seen, p.Back)
	default:
		if c.from == 0 {
			c.from = last.Number
		}
		return s.showRules(tx, c.from, last)
	}
}

// The words for a change of what is approved automatically: 把自动通过的上限改成6000, 6000以下自动通过.
var (
	autoWords   = `(?:自动(?:审核|审批)?(?:通过|批准|放行|过审)|自动审批|自动审核|免审(?:批|核)?|不用审批|直接通过)`
	aboutWords  = `(?:的?(?:订单)?的?(?:最高)?(?:金额|额度)?的?(?:上限|限额|额度|金额|门槛|标准|界限|线)?)`
	changeWords = `(?:改成|改为|改到|调成|调到|调为|调整到|调整为|调整成|提高到|提到|提升到|升到|加到|降到|降低到|降为|放宽到|放到|收紧到|设为|设成|设到|设置为|设定为|变成|变为|换成|定为|定成|定在)`
	amountWords = `[¥￥]?\s*([\d,.零一二两三四五六七八九十百千万kw]+)\s*(?:元|块钱?|圆)?`
	belowWords  = `(?:以下|以内|之内|以里)?`
	limitForms  = []*regexp.Regexp{
		regexp.MustCompile(`^(?:请|麻烦|帮我|帮忙)*(?:把|将)?(?:现在|目前)?(?:的)?` + autoWords + aboutWords + `\s*(?:从|由)` + amountWords + belowWords + `\s*` + changeWords + `\s*` + amountWords + belowWords + `(?:吧)?$`),
		regexp.MustCompile(`^(?:请|麻烦|帮我|帮忙)*(?:把|将)?(?:现在|目前)?(?:的)?` + amountWords + belowWords + `(?:的)?` + autoWords + aboutWords + `\s*` + changeWords + `\s*` + amountWords + belowWords + `(?:` + autoWords + `)?(?:吧)?$`),
		regexp.MustCompile(`^(?:请|麻烦|帮我|帮忙)*(?:把|将)?(?:现在|目前)?(?:的)?` + autoWords + aboutWords + `()\s*` + changeWords + `\s*` + amountWords + belowWords + `(?:吧)?$`),
		regexp.MustCompile(`^(?:请|麻烦|以后)*()` + amountWords + `(?:以下|以内|之内)(?:的)?(?:订单|单子|单)?(?:以后)?(?:都|就)?(?:改成|改为)?` + autoWords + `(?:吧)?$`),
	}
)

// The words for a change of where somebody's approving begins or ends: 把财务总监的上限改成80000, 总监审批的门槛从5万改成8万, 8万以上才要总监审批.
var (
	roleNames  = `(销售主管|销售经理|高级审核员|财务总监|财务部?|运营主管|客户经理|管理层|总监|cfo)`
	startWords = `(?:的)?(?:审批|审核|批)?(?:的)?(?:订单)?(?:的)?(上限|限额|额度|权限|门槛|起点|起审金额|起批金额|下限|界限|标准|金额)`
	roleForms  = []*regexp.Regexp{
		regexp.MustCompile(`^(?:请|麻烦|帮我|帮忙)*(?:把|将)?(?:现在|目前)?(?:的)?` + roleNames + startWords + `\s*(?:从|由)` + amountWords + `(?:以上|起)?\s*` + changeWords + `\s*` + amountWords + `(?:以上|起)?(?:吧)?$`),
		regexp.MustCompile(`^(?:请|麻烦|帮我|帮忙)*(?:把|将)?(?:现在|目前)?(?:的)?` + roleNames + startWords + `()\s*` + changeWords + `\s*` + amountWords + `(?:以上|起)?(?:吧)?$`),
	}
	roleFrom = regexp.MustCompile(`^(?:请|麻烦|以后)*` + amountWords + `(?:及?以上|起)(?:的)?(?:订单|单子|单)?(?:以后)?(?:都|就|才)?(?:改成|改为)?(?:要|需要?|由|给|交)*` + roleNames + `(?:来)?(?:审批|审核|批)(?:吧)?$`)
)

// limitChange is a wish for another upper limit of what is approved automatically or, with a role, of where its approving begins, or ends.
type limitChange struct {
	role     orders.Role
	isUpper  bool
	from, to decimal.Decimal
	hasFrom  bool
}

// parseRoleLimit reads a wish about a role; false where a text is none.
func parseRoleLimit(text string) (c limitChange, ok bool) {
	role, word, from, to := "", "", "", ""
	if m := roleFrom.FindStringSubmatch(text); m != nil {
		to, role = m[1], m[2]
	}
	for _, form := range roleForms {
		if m := form.FindStringSubmatch(text); m != nil && role == "" {
			role, word, from, to = m[1], m[2], m[3], m[4]
		}
	}
	if role == "" {
		return c, false
	}
	switch role {
	case "销售主管":
		role = "销售经理"
	case "财务部":
		role = "财务"
	case "cfo":
		role = "财务总监"
	}
	for r, name := range orders.RoleNames {
		if name == role {
			c.role = r
		}
	}
	c.isUpper = word == "上限" || word == "限额" || word == "额度" || word == "权限"
	if from != "" {
		if c.from, c.hasFrom = intake.Amount(from); !c.hasFrom {
			return c, false
		}
	}
	c.to, ok = intake.Amount(to)
	return c, ok
}

// parseLimit reads such a wish; false where a text is none.
func parseLimit(text string) (c limitChange, ok bool) {
	text = strings.ToLower(text)
	if c, ok := parseRoleLimit(text); ok {
		return c, true
	}
	for _, form := range limitForms {
		m := form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		if m[1] != "" {
			if c.from, c.hasFrom = intake.Amount(m[1]); !c.hasFrom {
				return c, false
			}
		}
		c.to, ok = intake.Amount(m[2])
		return c, ok
	}
	return c, false
}

// maxLimit is more than any order.
var maxLimit = decimal.New(1, 10)

// setLimit proposes rules with another limit of what is approved automatically.
func (s *session) setLimit(ctx context.Context, tx Tx, text string) error {
	if refused, err := s.mayNotRule(tx, text); refused || err != nil {
		return err
	}
	wish, _ := parseLimit(text)
	if !wish.to.IsPositive() || !wish.to.Equal(wish.to.Round(2)) || wish.to.GreaterThan(maxLimit) {
		return orders.Errorf(orders.CodeInvalid, "上限要写成大于 0 的金额，最多到分，例如「把自动通过的上限改成6000」")
	}
	changes, err := tx.RuleChanges()
	if err != nil {
		return err
	}
	last := orders.InForce(changes)
	v, err := tx.RuleVersion(last.Number)
	if err != nil {
		return err
	}
	what := "自动通过的上限"
	var amended string
	var from decimal.Decimal
	if wish.role != "" {
		amended, what, from, err = rules.SetRoleLimit(v.Text, wish.role, wish.isUpper, wish.to)
	} else {
		amended, from, err = rules.SetAutoLimit(v.Text, wish.to)
	}
	if err != nil {
		return err
	}
	if wish.hasFrom && !wish.from.Equal(from) {
		return orders.Errorf(orders.CodeConflict, "现在%s是 %s 元，不是 %s 元，没有改动。要改请发「把%s改成%s」", what, from, wish.from, what, wish.to)
	}
	return s.offer(ctx, tx, changes, "规则", amended, fmt.Sprintf("%s %s 元改成 %s 元", what, from, wish.to))
}

// engine reads a stored version.
func (s *session) engine(tx Tx, number int) (*orders.RuleVersion, *rules.Engine, error) {
	v, err := tx.RuleVersion(number)
	if err != nil {
		return nil, nil, err
	}
	e, err := rules.Parse(fmt.Sprintf("规则第 %d 版", number), []byte(v.Text))
	return v, e, err
}

func (s *session) showRules(tx Tx, number int, inForce *orders.RuleChange) error {
	v, e, err := s.engine(tx, number)
	if err != nil {
		return err
	}
	var rows []string
	for _, part := range e.Words() {
		rows = append(rows, "【"+part.Title+"】")
		for i, r := range part.Rows {
			rows = append(rows, fmt.Sprintf("%d. %s", i+1, r))
		}
	}
	if number != inForce.Number {
		s.say(fmt.Sprintf("下面是第 %d 版（%s），现在用的是第 %d 版。", number, v.Note, inForce.Number))
		inForce = &orders.RuleChange{Number: number, At: v.At, ByName: v.ByName}
	}
	for _, m := range cards.Rules(inForce, rows) {
		s.send(m, "reply", "")
	}
	return nil
}

// sendRules sends the file of a version, as it was written: to be changed and sent back.
func (s *session) sendRules(tx Tx, number int) error {
	if err := s.alone("规则文件"); err != nil {
		return err
	}
	v, err := tx.RuleVersion(number)
	if err != nil {
		return err
	}
	f := &cards.File{Name: fmt.Sprintf("rules-%d.yaml", number), Data: []byte(v.Text)}
	if s.in.Platform == orders.DingTalk { // which takes no such file, but archives
		if f, err = zipped(f); err != nil {
			return err
		}
	}
	s.send(cards.Message{File: f}, "rules.file", "")
	s.say(fmt.Sprintf("这是规则第 %d 版的文件。改好以后发到钉钉里的我，我先试算给您看。", number))
	return nil
}

// zipped is an archive of one file.
func zipped(f *cards.File) (*cards.File, error) {
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	w, err := archive.Create(f.Name)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(f.Data); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return &cards.File{Name: strings.TrimSuffix(f.Name, filepath.Ext(f.Name)) + ".zip", Data: b.Bytes()}, nil
}

func (s *session) compareRules(tx Tx, from, to int) error {
	_, old, err := s.engine(tx, from)
	if err != nil {
		return err
	}
	_, fresh, err := s.engine(tx, to)
	if err != nil {
		return err
	}
	s.send(cards.RuleChanges(from, to, rules.Changes(old, fresh)), "reply", "")
	return nil
}

// propose shows what a version changes and would have done, and asks whether it is to be put in force.
func (s *session) propose(ctx context.Context, tx Tx, changes []orders.RuleChange, number int, back bool, reason string) error {
	last := orders.InForce(changes)
	if number == last.Number {
		return orders.Errorf(orders.CodeConflict, "第 %d 版规则就是现在用的，不用再操作", number)
	}
	v, fresh, err := s.engine(tx, number)
	if err != nil {
		return err
	}
	_, old, err := s.engine(tx, last.Number)
	if err != nil {
		return err
	}
	past, err := s.clerk.Query.LastOrders(ctx, knownMost)
	if err != nil {
		return err
	}
	p := cards.RuleProposal{Version: v, InForce: last, Seen: len(changes), Back: back, Changes: rules.Changes(old, fresh)}
	var found []rules.Difference
	if p.Tried, found, err = rules.Trial(old, fresh, past, triedMost, s.books.Catalog); err != nil {
		return err
	}
	for _, d := range found {
		p.Differences = append(p.Differences, cards.RuleDifference(d))
	}
	if reason == "" {
		reason = v.Note
	}
	s.talk.Rules = &proposed{Number: number, Seen: len(changes), Back: back, Reason: reason, By: s.in.Sender, Until: s.now.Add(ruleTime)}
	s.send(cards.RuleTrial(&p), "reply", "")
	s.send(cards.RuleCard(s.clerk.Signer, &p), KindRulesCard, "")
	return nil
}

// useRules puts a version in force that the sender has seen.
func (s *session) useRules(tx Tx, number, seen int, back bool) error {
	if refused, err := s.mayNotRule(tx, fmt.Sprintf("启用第 %d 版", number)); refused || err != nil {
		return err
	}
	reason := ""
	if p := s.talk.Rules; p != nil && p.Number == number && p.By == s.in.Sender {
		reason = p.Reason
	}
	if err := orders.PutInForce(tx, number, seen, back, reason, s.person.actor(), s.now); err != nil {
		return err
	}
	s.talk.Rules = nil
	s.say(fmt.Sprintf("规则第 %d 版已启用，几秒内全部生效。审批中的订单照原来的走。要撤回请发「规则 回退」。", number))
	return nil
}

// settledRules draws the card that asked about rules anew; nil leaves it as it is.
func (s *session) settledRules(tx Tx, a cards.Action) (*cards.Card, error) {
	if isAllowed := s.person.actor().MayRule() == nil; !isAllowed {
		return nil, nil
	}
	changes, err := tx.RuleChanges()
	if err != nil {
		return nil, err
	}
	if len(changes) == a.Node {
		return nil, nil
	}
	v, err := tx.RuleVersion(a.Version)
	if err != nil {
		return nil, err
	}
	return cards.RuleSettled(v, orders.InForce(changes)).Card, nil
}

// takeRules keeps a rules file that was sent, if it is sound, and shows what it would do.
func (s *session) takeRules(ctx context.Context, tx Tx) error {
	f := s.rulesFile
	if refused, err := s.mayNotRule(tx, f.name); refused || err != nil {
		return err
	}
	if f.err != nil {
		return f.err
	}
	changes, err := tx.RuleChanges()
	if err != nil {
		return err
	}
	last := orders.InForce(changes)
	if len(f.data) > maxRules || !utf8.Valid(f.data) {
		return orders.Errorf(orders.CodeInvalid, "%s 不像规则文件：要 UTF-8 的文字，最多 %d KB。没有收下，现在用的还是第 %d 版", f.name, maxRules>>10, last.Number)
	}
	return s.offer(ctx, tx, changes, f.name, string(f.data), "发来的文件 "+f.name)
}

// offer keeps rules as a version and proposes it; what is wrong with them is told, and they are not kept.
func (s *session) offer(ctx context.Context, tx Tx, changes []orders.RuleChange, name, text, note string) error {
	last := orders.InForce(changes)
	if _, err := rules.Parse(name, []byte(text)); err != nil {
		sentence, ok := orders.ErrorMessage(err)
		if !ok {
			return err
		}
		s.send(cards.RulesRefused(strings.Split(sentence, "\n"), last.Number), "reply", "")
		return nil
	}
	v, _, err := orders.AddRules(tx, text, note, s.person.actor(), s.now)
	if err != nil {
		return err
	}
	return s.propose(ctx, tx, changes, v.Number, false, "")
}
