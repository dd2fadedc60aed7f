package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/intake/page"
)

// KindImportCard is a card about a table of master data.
const KindImportCard = "import.card"

// Imports reads tables of master data.
type Imports interface {
	// TableFits tells how headings fit each kind of master data.
	TableFits(headings []string) []orders.TableFit
	// TryImport tells what an import would do, and does nothing: CodeInvalid where the file can't be used as a whole.
	TryImport(ctx context.Context, kind string, file []byte) (*orders.ImportReport, error)
}

// sentTable is a table of master data, out of a message or out of a proposal that was kept.
type sentTable struct {
	proposal orders.ImportProposal // without an ID where it is new
	report   *orders.ImportReport  // what its import would do; nil: the sender is to be asked what it is
	why      string                // they are to be asked
	err      error                 // why it can't be used
}

var (
	// aboutImport is a sentence about importing, beside a file or ahead of it.
	aboutImport = regexp.MustCompile(`^(?:请|帮我|帮忙|麻烦)*(?:导入|更新)(?:一下)?(?:新的?)?(?:产品|商品|客户|客户料号|料号|价格|库存|盘点|员工|历史订单|历史|节假日|日历|发票|收款|基础|主)?(?:资料|数据|表|表格|列表|清单|名单|信息)?$`)
	// numberedImport is a word about a table that was sent.
	numberedImport = regexp.MustCompile(`^(导入|放弃|订单)\s*(?:第|#|编号)?\s*(\d{1,9})\s*号?$`)
)

// parseImport reads 「导入 12」, 「放弃 12」, 「订单 12」, the first two also without a number, and 「导入产品资料」.
func parseImport(text string) (command, bool) {
	verbs := map[string]verb{"导入": cmdImport, "放弃": cmdDrop, "订单": cmdReadTable}
	if m := numberedImport.FindStringSubmatch(text); m != nil {
		return command{verb: verbs[m[1]], arg: m[2]}, true
	}
	switch {
	case text == "放弃":
		return command{verb: cmdDrop}, true
	case aboutImport.MatchString(text) && text != "更新":
		return command{verb: cmdImport}, true
	default:
		return command{}, false
	}
}

// isTable tells whether a member of the staff sent what may be a table of master data.
func isTable(m *orders.Inbound) bool {
	name := strings.ToLower(m.FileName)
	return m.Kind == orders.InboundFile && (m.Platform == orders.DingTalk || m.Platform == orders.WeCom) &&
		slices.ContainsFunc([]string{".xlsx", ".csv", ".xls"}, func(ext string) bool { return strings.HasSuffix(name, ext) })
}

// importAlone tells whether the tables of a turn are looked at one by one: they come from somebody who may import, with no words that say
// what else they are.
func (c *Clerk) importAlone(t *orders.Turn) bool {
	if !hasFiles(t) {
		return false
	}
	for i := range t.Messages {
		m := &t.Messages[i]
		if m.Kind == orders.InboundText && parseCommand(m.Text).verb != cmdImport {
			return false
		}
	}
	in := &t.Messages[0]
	return c.Books().Catalog.StaffByAccount(in.Platform, in.Sender).May(orders.RightImport) == orders.ScopeAll
}

// takeFile makes a table of master data of a file that was sent, if it is one; nil: it is not, for all that its headings tell.
func (c *Clerk) takeFile(ctx context.Context, s *session, m *orders.Inbound, doc *page.Document, data []byte) (*sentTable, error) {
	if s.person.staff == nil || !isTable(m) || doc == nil || len(s.part.Messages) > 1 {
		return nil, nil
	}
	headings, untitled := doc.Headings()
	kind, why := orders.GuessTable(c.Imports.TableFits(headings), untitled)
	if kind == "" {
		kind, why = c.guessBelow(doc)
	}
	if kind == "" {
		return nil, nil
	}
	t := &sentTable{proposal: orders.ImportProposal{Kind: kind, Name: m.FileName, File: data}, why: why}
	if s.person.actor().MayImport() != nil {
		if why != "" {
			return nil, nil
		}
		t.err = orders.Errorf(orders.CodeDenied, "「%s」像是%s。导入资料要管理员，您没有这个权限，没有改动。要下单请发带数量的表", m.FileName, orders.ImportName(kind))
		return t, nil
	}
	switch {
	case !strings.EqualFold(s.part.Chat.ID, s.in.Sender): // what there is now is not for everybody in a group
		t.err = orders.Errorf(orders.CodeInvalid, "「%s」像是%s。导入资料请单独发给我，不要在群里发", m.FileName, orders.ImportName(kind))
		return t, nil
	case why != "":
		return t, nil
	default:
		return t, c.try(ctx, t)
	}
}

// titleRows is how many rows may stand above the headings of a list.
const titleRows = 5

// guessBelow is the guess for a table whose headings stand below its title; it is never sure.
func (c *Clerk) guessBelow(doc *page.Document) (kind, why string) {
	var rows [][]page.Cell
	for _, p := range doc.Pages {
		for _, t := range p.Tables {
			rows = append(rows, t.Rows...)
		}
	}
	above := 0
	for _, row := range rows {
		var titles []string
		own := 0 // cells with a text of their own
		for _, cell := range row {
			titles = append(titles, cell.Text)
			if cell.Text != "" && !cell.Merged {
				own++
			}
		}
		switch {
		case own == 0:
			continue
		case own > 2: // more than a title
			if above == 0 {
				return "", ""
			}
			if kind, why = orders.GuessTable(c.Imports.TableFits(titles), false); kind != "" && why == "" {
				why = "可是表头不在第一行"
			}
			return kind, why
		}
		if above++; above > titleRows {
			return "", ""
		}
	}
	return "", ""
}

// try finds out what the import of a table would do.
func (c *Clerk) try(ctx context.Context, t *sentTable) error {
	report, err := c.Imports.TryImport(ctx, t.proposal.Kind, t.proposal.File)
	if _, ok := orders.ErrorMessage(err); ok {
		t.err = err
		return nil
	}
	t.report = report
	return err
}

// errLater says that a click needs what takes longer than its platform waits.
var errLater = errors.New("needs a file")

// answersQuestion returns the number of the table that a click or a sentence says something about, for which its file may be needed; 0: none.
func (s *session) answersQuestion() (id int, asOrder bool) {
	switch s.in.Kind {
	case orders.InboundText:
		if cmd := parseCommand(s.in.Text); cmd.arg != "" && (cmd.verb == cmdImport || cmd.verb == cmdReadTable) {
			id, _ = strconv.Atoi(cmd.arg)
			return id, cmd.verb == cmdReadTable
		}
	case orders.InboundClick:
		a, err := s.clerk.Signer.Open(s.in.Action)
		if err == nil && (a.Verb == cards.PreviewImport || a.Verb == cards.ReadTable) {
			return a.Version, a.Verb == cards.ReadTable
		}
	default:
	}
	return 0, false
}

// fetchKept gets what an answer to the question needs, ahead of its transaction: what an import would do, or the pages of an order.
func (c *Clerk) fetchKept(ctx context.Context, s *session) error {
	id, asOrder := s.answersQuestion()
	if id == 0 {
		return nil
	}
	var p *orders.ImportProposal
	err := c.Store.Do(ctx, func(tx Tx) (err error) {
		if s.person, err = s.identify(tx); err == nil && s.person.staff != nil {
			p, err = orders.OwnImport(tx, id, s.person.actor(), s.now, orders.ImportAsked)
		}
		return err
	})
	if _, refused := orders.ErrorMessage(err); refused {
		return nil // it will be again, and told
	}
	if err != nil || p == nil {
		return err
	}
	if !asOrder {
		s.table = &sentTable{proposal: *p}
		return c.try(ctx, s.table)
	}
	doc, err := c.Files.Open(ctx, p.Name, p.File, func(int, int) {})
	if _, ok := orders.ErrorMessage(err); err != nil && !ok {
		return err
	}
	s.docs = []opened{{in: orders.Inbound{FileName: p.Name}, doc: doc, data: p.File, err: err}}
	s.part.Messages[0].Text = "" // it is about the file and no part of the order
	return nil
}

// takeTable answers a table of master data: by what is wrong with it, by what it would do, or by a question.
func (s *session) takeTable(tx Tx) error {
	t := s.table
	p := t.proposal // the transaction may be run again
	if t.err != nil {
		return t.err
	}
	if p.ID == 0 && t.report == nil {
		if err := orders.KeepImport(tx, &p, nil, s.person.actor(), s.now); err != nil {
			return err
		}
		s.send(cards.ImportQuestion(s.clerk.Signer, &p, t.why), KindImportCard, "")
		return nil
	}
	if p.ID != 0 {
		asked, err := orders.OwnImport(tx, p.ID, s.person.actor(), s.now, orders.ImportAsked)
		if err != nil {
			return err
		}
		if err := orders.SettleImport(tx, asked, orders.ImportShown, s.now); err != nil {
			return err
		}
	}
	return s.offerImport(tx, p, t.report)
}

// offerImport shows what an import would do, and asks whether to do it if it can be done.
func (s *session) offerImport(tx Tx, p orders.ImportProposal, r *orders.ImportReport) error {
	switch {
	case len(r.Refused) > 0:
		s.send(cards.ImportRefused(&p, r), "reply", "")
	case r.Added+r.Changed == 0:
		s.send(cards.ImportNothing(&p, r), "reply", "")
	default:
		if err := orders.KeepImport(tx, &p, r, s.person.actor(), s.now); err != nil {
			return err
		}
		s.send(cards.ImportPreview(&p, r), "reply", "")
		s.send(cards.ImportCard(s.clerk.Signer, &p, r), KindImportCard, "")
	}
	return nil
}

// importAgain shows what an import would do now that it was not done because that has changed.
func (s *session) importAgain(tx Tx, changed *orders.ImportChangedError) error {
	p, err := orders.OwnImport(tx, changed.ID, s.person.actor(), s.now, orders.ImportOpen)
	if _, ok := orders.ErrorMessage(err); ok {
		return nil // somebody was quicker, and has seen it
	}
	if err != nil {
		return err
	}
	again := *p
	if err := orders.SettleImport(tx, p, orders.ImportStale, s.now); err != nil {
		return err
	}
	return s.offerImport(tx, again, changed.Report)
}

// importCommand carries out 「导入 12」, 「放弃 12」 and 「订单 12」. It returns false where they are words like any others.
func (s *session) importCommand(ctx context.Context, tx Tx, cmd command) (bool, error) {
	id, _ := strconv.Atoi(cmd.arg)
	if s.table != nil {
		return true, s.takeTable(tx)
	}
	if err := s.person.actor().MayImport(); err != nil {
		if cmd.verb == cmdImport || cmd.verb == cmdDrop && id > 0 {
			return true, err
		}
		return false, nil
	}
	if id == 0 {
		open, err := tx.OpenImports(s.person.staff.Code, s.now.Add(-orders.ImportKept))
		if err != nil {
			return true, err
		}
		switch {
		case len(open) == 1 && (cmd.verb == cmdDrop || open[0].State == orders.ImportOpen && open[0].At.Before(s.in.ReceivedAt)):
			id = open[0].ID // 导入 sent along with the file is no consent to what it does
		case len(open) > 0:
			var rows []string
			for i := range open {
				rows = append(rows, fmt.Sprintf("第 %d 号 %s %s", open[i].ID, open[i].Title(), open[i].Counts))
			}
			s.say("请带上编号，例如「" + map[verb]string{cmdImport: "导入", cmdDrop: "放弃"}[cmd.verb] + " " + strconv.Itoa(open[0].ID) + "」：\n" + strings.Join(rows, "\n"))
			return true, nil
		case cmd.verb == cmdDrop:
			return false, nil
		default:
			s.say("请把资料的 Excel 或 CSV 文件发到钉钉里的我，我先给您看会改什么，您确认了才导入。")
			return true, nil
		}
	}
	switch cmd.verb {
	case cmdImport:
		return true, s.runImport(tx, id)
	case cmdDrop:
		return true, s.dropImport(tx, id)
	default:
		err := s.readTable(ctx, tx, id)
		if orders.ErrorCode(err) == orders.CodeNotFound {
			return false, nil // 订单 12: of what else they count
		}
		return true, err
	}
}

// runImport imports a table whose preview its sender has seen.
func (s *session) runImport(tx Tx, id int) error {
	p, err := orders.RunImport(tx, id, s.person.actor(), s.now)
	if err != nil {
		return err
	}
	s.imported = p
	s.say(fmt.Sprintf("已导入第 %d 号%s：%s。几秒内全部生效。", p.ID, p.Title(), p.Counts))
	return nil
}

// dropImport gives a table up.
func (s *session) dropImport(tx Tx, id int) error {
	p, err := orders.OwnImport(tx, id, s.person.actor(), s.now, orders.ImportOpen, orders.ImportAsked)
	if err != nil {
		return err
	}
	s.say(fmt.Sprintf("好的，第 %d 号%s没有导入。", p.ID, p.Title()))
	return orders.SettleImport(tx, p, orders.ImportDropped, s.now)
}

// readTable reads as an order what its sender says is none of master data.
func (s *session) readTable(ctx context.Context, tx Tx, id int) error {
	p, err := orders.OwnImport(tx, id, s.person.actor(), s.now, orders.ImportAsked)
	if err != nil {
		return err
	}
	if err := orders.SettleImport(tx, p, orders.ImportRead, s.now); err != nil {
		return err
	}
	return s.read(ctx, tx)
}

// settledImport draws the card about a table anew; nil leaves it as it is.
func (s *session) settledImport(tx Tx, a cards.Action) (*cards.Card, error) {
	p, err := tx.Import(a.Version)
	if orders.ErrorCode(err) == orders.CodeNotFound {
		return nil, nil
	}
	isMine := s.person.staff != nil && p != nil && p.By == s.person.staff.Code
	if err != nil || !isMine || p.IsOpen(s.now) {
		return nil, err
	}
	return cards.ImportSettled(p, s.now).Card, nil
}
