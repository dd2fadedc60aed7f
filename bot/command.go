package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"orderbot/cards"
	"orderbot/orders"
	"orderbot/orders/logistics"
)

// command is a sentence of fixed form (spec: 「确认 SO…」, 「驳回 SO… 原因」, 「发货 SO… 运单号」 …). Order
// numbers may stand anywhere in it.
type command struct {
	verb   verb
	orders []orders.OrderID
	arg    string // what is left
}

// verb names a command.
type verb string

const (
	cmdConfirm  verb = "confirm"
	cmdCancel   verb = "cancel"
	cmdChange   verb = "change" // 确认变更
	cmdKeep     verb = "keep"   // 不改了
	cmdExcept   verb = "except"
	cmdApprove  verb = "approve"
	cmdReject   verb = "reject"
	cmdTransfer verb = "transfer"
	cmdAdd      verb = "add"
	cmdSendBack verb = "send_back"
	cmdSkip     verb = "skip"
	cmdGreen    verb = "green"   // 绿色通道
	cmdUngreen  verb = "ungreen" // 关闭绿色通道
	cmdShip     verb = "ship"
	cmdFetched  verb = "fetched" // 自提完成
	cmdPapers   verb = "papers"  // 报关资料
	cmdContract verb = "contract"
	cmdSigned   verb = "signed" // 合同已签
	cmdBook     verb = "book"   // 预约工程师
	cmdAck      verb = "ack"
	cmdTodo     verb = "todo"
	cmdProgress verb = "progress"
	cmdLines    verb = "lines"
	cmdTrail    verb = "trail"
	cmdStock    verb = "stock"
	cmdHelp     verb = "help"
	cmdCode     verb = "code"
	cmdBind     verb = "bind"
	cmdUnbind   verb = "unbind"
	cmdBindings verb = "bindings"
	cmdLink     verb = "link"    // 关联
	cmdLinks    verb = "links"   // 关联列表
	cmdTie      verb = "tie"     // 确认关联
	cmdNoTie    verb = "no_tie"  // 不关联
	cmdUnlink   verb = "unlink"  // 解除关联
	cmdHistory  verb = "history" // 历史
	cmdSurgery  verb = "surgery" // 手术计划
	cmdMoveSurg verb = "surgery_move"
	cmdEndSurg  verb = "surgery_end"
	cmdCalm     verb = "calm" // 不加急
	cmdBoard    verb = "board"
	cmdDay      verb = "day"
	cmdLearned  verb = "learned"
	cmdFrequent verb = "frequent"
	cmdForget   verb = "forget"
	cmdBasis    verb = "basis"
	cmdFiles    verb = "files"     // 附件
	cmdAddFile  verb = "add_file"  // 加附件
	cmdDropFile verb = "drop_file" // 移除附件
	cmdLeave    verb = "leave"     // 请假
	cmdBack     verb = "back"      // 销假
	cmdRules    verb = "rules"
	cmdLimit    verb = "limit" // 把自动通过的上限改成6000
	cmdPay      verb = "pay"
	cmdUnpay    verb = "unpay"
	cmdAccount  verb = "account"

	cmdArrive   verb = "arrive"   // 到货
	cmdCount    verb = "count"    // 盘点
	cmdMove     verb = "move"     // 调拨
	cmdRunMove  verb = "run_move" // 确认盘点
	cmdDropMove verb = "drop_move"
	cmdExpect   verb = "expect" // 预计到货
	cmdSwap     verb = "swap"   // 换成
	cmdPickList verb = "pick_list"

	cmdExceptions     verb = "exceptions"      // 异常
	cmdTakeException  verb = "take_exception"  // 处理异常
	cmdCloseException verb = "close_exception" // 结案
	cmdMajorException verb = "major_exception" // 重大异常
	cmdAcceptEarly    verb = "accept_early"    // 同意备货
	cmdRefuseEarly    verb = "refuse_early"    // 不用备货

	cmdHandling verb = "handling" // 处理时长
	cmdHealth   verb = "health"   // 健康度

	cmdTogether verb = "together" // 一起发
	cmdApart    verb = "apart"    // 各发各的

	cmdImport    verb = "import"
	cmdDrop      verb = "drop_import"
	cmdReadTable verb = "read_table"
)

// words are the words that begin a command, longest first. numbered ones need an order number
// beside them; alone ones must be the whole message where no number is given.
var words = []struct {
	word     string
	verb     verb
	numbered bool // only with an order number
	alone    bool // without a number only as the whole message
}{
	{"交期", cmdPromise, true, true},
	{"天气", cmdWeather, false, false},
	{"处理异常", cmdTakeException, false, false},
	{"同意备货", cmdAcceptEarly, false, false},
	{"不用备货", cmdRefuseEarly, false, false},
	{"重大异常", cmdMajorException, false, false},
	{"异常", cmdExceptions, false, true},
	{"结案", cmdCloseException, false, false},
	{"确认盘点", cmdRunMove, false, false},
	{"确认调拨", cmdRunMove, false, false},
	{"放弃盘点", cmdDropMove, false, false},
	{"放弃调拨", cmdDropMove, false, false},
	{"预计到货", cmdExpect, false, false},
	{"到货", cmdArrive, false, false},
	{"换成", cmdSwap, true, false},
	{"拣货单", cmdPickList, true, false},
	{"排产", cmdSchedule, true, false},
	{"开工", cmdStart, true, false},
	{"质检", cmdInspect, true, false},
	{"入库", cmdStocked, true, false},
	{"拣货", cmdPick, true, false},
	{"位置", cmdWhere, true, false},
	{"触点", cmdTouches, true, true},
	{"复核", cmdCheck, true, true},
	{"波次", cmdWave, false, true},
	{"准确率", cmdAccuracy, false, false},
	{"处理时长", cmdHandling, false, false},
	{"健康度", cmdHealth, false, false},
	{"安装", cmdInstall, true, false},
	{"盘点", cmdCount, false, false},
	{"调拨", cmdMove, false, false},
	{"确认变更", cmdChange, false, true},
	{"确认拆分", cmdChange, false, true},
	{"确认合并", cmdChange, false, true},
	{"一起发货", cmdTogether, true, false},
	{"一起发", cmdTogether, true, false},
	{"各发各的", cmdApart, true, false},
	{"不拆了", cmdKeep, false, true},
	{"不合并了", cmdKeep, false, true},
	{"不改了", cmdKeep, false, true},
	{"不变更了", cmdKeep, false, true},
	{"确认下单", cmdConfirm, true, false},
	{"确认", cmdConfirm, true, false},
	{"开通绿色通道", cmdGreen, true, false},
	{"开绿色通道", cmdGreen, true, false},
	{"走绿色通道", cmdGreen, true, false},
	{"绿色通道", cmdGreen, true, false},
	{"关闭绿色通道", cmdUngreen, true, false},
	{"关绿色通道", cmdUngreen, true, false},
	{"取消绿色通道", cmdUngreen, true, false},
	{"取消", cmdCancel, true, false},
	{"特批", cmdExcept, true, false},
	{"不同意", cmdReject, false, false},
	{"不通过", cmdReject, false, false},
	{"不批准", cmdReject, false, false},
	{"驳回", cmdReject, false, false},
	{"打回", cmdReject, false, false},
	{"拒绝", cmdReject, true, false},
	{"审批通过", cmdApprove, false, true},
	{"同意", cmdApprove, false, true},
	{"通过", cmdApprove, false, true},
	{"批准", cmdApprove, false, true},
	{"可以", cmdApprove, false, true},
	{"ok", cmdApprove, false, true},
	{"转交", cmdTransfer, true, false},
	{"加签", cmdAdd, true, false},
	{"退回", cmdSendBack, true, false},
	{"跳过", cmdSkip, true, false},
	{"发货", cmdShip, true, false},
	{"自提完成", cmdFetched, true, false},
	{"提货完成", cmdFetched, true, false},
	{"已自提", cmdFetched, true, false},
	{"已提货", cmdFetched, true, false},
	{"报关资料", cmdPapers, true, false},
	{"资料", cmdPapers, true, false},
	{"合同已签", cmdSigned, true, false},
	{"合同", cmdContract, true, false},
	{"预约工程师", cmdBook, true, false},
	{"预约", cmdBook, true, false},
	{"收到", cmdAck, false, true},
	{"待办", cmdTodo, false, true},
	{"待拣货", cmdTodo, false, true},
	{"待拣", cmdTodo, false, true},
	{"待发货", cmdTodo, false, true},
	{"进度", cmdProgress, true, false},
	{"明细", cmdLines, true, false},
	{"轨迹", cmdTrail, true, false},
	{"库存", cmdStock, false, false},
	{"帮助", cmdHelp, false, true},
	{"help", cmdHelp, false, true},
	{"菜单", cmdHelp, false, true},
	{"绑定列表", cmdBindings, false, false},
	{"绑定 列表", cmdBindings, false, false},
	{"绑定码", cmdCode, false, false},
	{"解绑", cmdUnbind, false, false},
	{"绑定", cmdBind, false, false},
	{"关联列表", cmdLinks, false, false},
	{"关联 列表", cmdLinks, false, false},
	{"确认关联", cmdTie, false, false},
	{"不关联", cmdNoTie, false, false},
	{"解除关联", cmdUnlink, false, false},
	{"关联", cmdLink, false, false},
	{"历史订单", cmdHistory, false, false},
	{"历史", cmdHistory, false, false},
	{"手术计划", cmdSurgery, false, false},
	{"手术改期", cmdMoveSurg, false, false},
	{"取消手术", cmdEndSurg, false, false},
	{"看板", cmdBoard, false, true},
	{"日报", cmdDay, false, false},
	{"不加急", cmdCalm, false, true},
	{"取消加急", cmdCalm, false, true},
	{"依据", cmdBasis, true, false},
	{"出处", cmdBasis, true, false},
	{"移除附件", cmdDropFile, true, false},
	{"删除附件", cmdDropFile, true, false},
	{"附件", cmdFiles, true, false},
	{"添加附件", cmdAddFile, true, false},
	{"加附件", cmdAddFile, true, false},
	{"上传附件", cmdAddFile, true, false},
	{"规则", cmdRules, false, false},
	{"学习", cmdLearned, false, false},
	{"记住的", cmdLearned, false, false},
	{"常购", cmdFrequent, false, false},
	{"收款", cmdPay, false, false},
	{"撤销收款", cmdUnpay, false, false},
	{"信用", cmdAccount, false, false},
	{"忘记", cmdForget, false, false},
	{"忘掉", cmdForget, false, false},
	{"请假", cmdLeave, false, false},
	{"销假", cmdBack, false, false},
}

// asksWhether fits what makes a question of a command: 「取消了吗 SO…」, 「驳回 SO… 没有？」.
var asksWhether = regexp.MustCompile(`^(?:了|过|没有|没|吗|么|呢|[\s?,。])+$`)

var edges = " \t\r\n,,。.!!、::;;~～「」\"“”"

// invisible drops what nobody typed: a sentence of the bot's own that is copied has some in front.
var invisible = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "")

// parseCommand finds the command in a text; its verb is empty where there is none.
func parseCommand(text string) command {
	if c, ok := parseCheck(text); ok {
		return c
	}
	if c, ok := parseStaged(text); ok {
		return c
	}
	if c, ok := parseStatement(text); ok {
		return c
	}
	if c, ok := parseReport(text); ok {
		return c
	}
	text = strings.Trim(norm.NFKC.String(invisible.Replace(text)), edges)
	if strings.ContainsRune(text, '\n') || len(text) > 600 {
		return command{}
	}
	ids, rest := orders.FindOrderIDs(text)
	rest = strings.Trim(rest, edges)
	lower := strings.ToLower(rest)
	for _, w := range words {
		if w.numbered && len(ids) == 0 {
			continue
		}
		after, ok := strings.CutPrefix(lower, w.word)
		if !ok {
			continue
		}
		arg := strings.Trim(rest[len(rest)-len(after):], edges)
		// Behind the number a word is a command only by itself: 「SO… 同意」, but not 「SO… 发货了吗」. A
		// rejection may bring its reason: 「SO… 驳回 价格不对」.
		leads := strings.HasPrefix(strings.ToLower(text), w.word)
		switch {
		case w.verb == cmdRules && !isRuleCommand(arg, ids), w.verb == cmdDay && !reportDay.MatchString(arg):
			continue
		case isStock(w.verb) && (len(ids) > 0 || !strings.HasPrefix(after, " ") && !strings.HasPrefix(after, ":")): // 到货后再付款, 盘点机3台
			continue
		case w.verb == cmdWeather && (len(ids) > 0 || after != "" && !strings.HasPrefix(after, " ")): // 天气冷了
			continue
		case arg == "":
		case len(ids) > 0 && asksWhether.MatchString(arg):
			return command{verb: cmdProgress, orders: ids}
		case w.verb == cmdApprove && leads && len(ids) > 0: // with a remark
		case (w.verb == cmdReject || w.verb == cmdGreen) && len(ids) > 0 && strings.HasPrefix(after, " "):
		case w.verb == cmdFiles && !strings.HasPrefix(after, " "): // 附件里的 SO…
			continue
		case w.verb == cmdForget && len(ids) == 0 && leads: // what is no number is read like any other sentence
		case (w.verb == cmdPay || w.verb == cmdUnpay || w.verb == cmdAccount) && (len(ids) > 0 || !strings.HasPrefix(after, " ")): // 信用卡3张
			continue
		case isSurgery(w.verb) && (len(ids) > 0 || arg != "" && !strings.HasPrefix(after, " ") && !strings.HasPrefix(after, ":")): // 手术计划本3本
			continue
		case isLink(w.verb) && (len(ids) > 0 || !strings.HasPrefix(after, " ")): // 关联产品3件, 历史书3本
			continue
		case w.verb == cmdForget || (w.verb == cmdLearned || w.verb == cmdFrequent) && (len(ids) > 0 || !strings.HasPrefix(after, " ")): // 学习机3台
			continue
		case w.alone || !leads || w.verb == cmdConfirm:
			continue
		}
		return command{verb: w.verb, orders: ids, arg: arg}
	}
	if c, ok := parseImport(rest); ok && len(ids) == 0 {
		return c
	}
	if _, ok := parseLimit(rest); ok && len(ids) == 0 {
		return command{verb: cmdLimit, arg: rest}
	}
	if len(ids) > 0 && strings.Trim(rest, edges+"?") == "" {
		return command{verb: cmdProgress, orders: ids} // a number by itself asks where its order is
	}
	return command{}
}

// isStock tells whether a command changes stock.
func isStock(v verb) bool {
	return slices.Contains([]verb{cmdArrive, cmdCount, cmdMove, cmdRunMove, cmdDropMove, cmdExpect}, v)
}

// isSurgery tells whether a command is about surgery plans.
func isSurgery(v verb) bool {
	return slices.Contains([]verb{cmdSurgery, cmdMoveSurg, cmdEndSurg}, v)
}

// isLink tells whether a command is about who is the same customer.
func isLink(v verb) bool {
	return slices.Contains([]verb{cmdLink, cmdLinks, cmdTie, cmdNoTie, cmdUnlink, cmdHistory}, v)
}

// command carries out a command. It returns false where the sentence turns out to be no command
// for this person, so that it is read like any other.
func (s *session) command(ctx context.Context, tx Tx, cmd command) (bool, error) {
	switch cmd.verb {
	case cmdBind:
		return true, s.bind(tx, cmd.arg)
	case cmdHelp:
		if !s.person.known() {
			return false, nil
		}
		s.help()
		return true, nil
	default:
	}
	if !s.person.known() {
		return false, nil
	}
	switch cmd.verb {
	case cmdConfirm:
		return true, s.confirm(ctx, tx, cmd.orders, 0)
	case cmdCancel:
		return true, s.cancel(tx, cmd.orders, 0, cmd.arg)
	case cmdChange, cmdKeep:
		return s.changeInWords(ctx, tx, cmd)
	case cmdProgress:
		return true, s.progress(tx, cmd.orders)
	case cmdPromise:
		return true, s.promise(ctx, tx, cmd.orders)
	case cmdLines:
		return true, s.lines(tx, cmd)
	case cmdBook:
		return true, s.book(ctx, tx, cmd)
	case cmdCalm:
		return s.calm(ctx, tx, cmd.orders)
	case cmdSwap:
		code := orders.ProductCode(strings.ToUpper(cmd.arg))
		if s.books.Catalog.Product(code) == nil || len(cmd.orders) != 1 {
			return false, nil // a change in words
		}
		return true, s.swap(ctx, tx, cmd.orders[0], 0, 0, code)
	case cmdInstall:
		return true, s.install(tx, cmd)
	case cmdBasis:
		return true, s.basis(tx, cmd.orders)
	case cmdStatement:
		return s.statement(ctx, cmd)
	case cmdReport:
		return s.report(ctx, tx, cmd.arg)
	case cmdFiles, cmdAddFile:
		return s.files(ctx, tx, cmd)
	case cmdDropFile:
		return true, s.dropFile(tx, cmd)
	case cmdLearned:
		return s.remembered(tx, cmd.arg)
	case cmdFrequent:
		return s.frequent(tx, cmd.arg)
	case cmdForget:
		return s.unlearn(ctx, tx, cmd.arg)
	case cmdHistory:
		return s.history(ctx, tx, cmd.arg)
	default:
	}
	if s.person.staff == nil {
		if cmd.verb == cmdUnbind || cmd.verb == cmdCode || cmd.verb == cmdBindings {
			s.say("绑定和解绑请找您的业务员。")
			return true, nil
		}
		return false, nil // the rest is the staff's; to a customer these are ordinary words
	}
	switch cmd.verb {
	case cmdApprove, cmdReject:
		return s.decideInWords(ctx, tx, cmd)
	case cmdExcept:
		return true, s.except(ctx, tx, cmd.orders, cmd.arg)
	case cmdTransfer, cmdAdd:
		return true, s.involve(tx, cmd)
	case cmdSendBack:
		return true, s.sendBack(tx, cmd)
	case cmdSkip:
		return true, s.skip(tx, cmd)
	case cmdGreen, cmdUngreen:
		return true, s.green(tx, cmd)
	case cmdShip:
		return true, s.ship(tx, cmd)
	case cmdFetched:
		return true, s.fetched(tx, cmd)
	case cmdTogether, cmdApart:
		return true, s.together(tx, cmd.orders, cmd.verb == cmdApart)
	case cmdContract:
		return true, s.contract(tx, cmd.orders)
	case cmdSigned:
		return true, s.signedContract(tx, cmd.orders, cmd.arg)
	case cmdPapers:
		return true, s.papers(tx, cmd)
	case cmdAck:
		return s.acknowledge(ctx, tx, cmd.orders)
	case cmdStages, cmdNoStages, cmdPayNodes, cmdRelease:
		return true, s.planParts(ctx, tx, cmd)
	case cmdReceived:
		return true, s.receive(tx, cmd)
	case cmdPay:
		return true, s.pay(tx, cmd.arg)
	case cmdUnpay:
		return true, s.unpay(tx, cmd.arg)
	case cmdAccount:
		return true, s.account(ctx, cmd.arg)
	case cmdTodo:
		return true, s.todo(ctx)
	case cmdRules:
		return true, s.rules(ctx, tx, cmd.arg)
	case cmdLimit:
		return true, s.setLimit(ctx, tx, cmd.arg)
	case cmdImport, cmdDrop, cmdReadTable:
		return s.importCommand(ctx, tx, cmd)
	case cmdBoard:
		return true, s.board(ctx)
	case cmdDay:
		return true, s.day(ctx, cmd.arg)
	case cmdStock:
		return true, s.stock(ctx, cmd.arg)
	case cmdExceptions:
		return true, s.exceptions(ctx, tx, cmd.orders)
	case cmdTakeException, cmdCloseException, cmdMajorException, cmdAcceptEarly, cmdRefuseEarly:
		return s.handleException(tx, cmd)
	case cmdArrive, cmdCount, cmdMove:
		return s.moveStock(ctx, tx, cmd)
	case cmdRunMove, cmdDropMove:
		return s.settleMoveInWords(tx, cmd)
	case cmdPickList:
		return true, s.pickLists(tx, cmd.orders)
	case cmdExpect:
		return s.expect(ctx, tx, cmd.arg)
	case cmdSchedule, cmdStart, cmdInspect, cmdStocked, cmdPick:
		return true, s.advance(tx, cmd)
	case cmdWhere:
		return true, s.locate(tx, cmd)
	case cmdCheck:
		return true, s.check(tx, cmd)
	case cmdWave:
		return true, s.wave(ctx, tx)
	case cmdAccuracy:
		return s.accuracy(ctx, cmd.arg)
	case cmdHandling:
		return s.handling(ctx, cmd)
	case cmdHealth:
		return s.health(ctx, cmd)
	case cmdTouches:
		return true, s.touches(ctx, tx, cmd.orders)
	case cmdWeather:
		return s.weather(tx, cmd.arg)
	case cmdTrail:
		return true, s.trail(ctx, tx, cmd.orders)
	case cmdLeave:
		return s.goAway(tx, cmd.arg)
	case cmdBack:
		return s.comeBack(tx, cmd.arg)
	case cmdCode:
		return true, s.bindingCode(tx, cmd.arg)
	case cmdBindings:
		return true, s.bindings(tx, cmd.arg)
	case cmdUnbind:
		return true, s.unbind(tx, cmd.arg)
	case cmdSurgery:
		return true, s.surgery(tx, cmd.arg)
	case cmdMoveSurg, cmdEndSurg:
		return s.changeSurgery(tx, cmd)
	case cmdLink:
		return s.connect(tx, cmd.arg)
	case cmdLinks:
		return s.links(tx, cmd.arg)
	case cmdTie, cmdNoTie, cmdUnlink:
		return s.settleLinkInWords(tx, cmd)
	default:
		return false, nil
	}
}

// decideInWords settles an approval by a sentence. Without a number it is the one approval that
// waits for this person; several are listed.
func (s *session) decideInWords(ctx context.Context, tx Tx, cmd command) (bool, error) {
	ids := cmd.orders
	if len(ids) == 0 {
		if len(s.talk.Orders) > 0 && s.talk.Thread != nil {
			return false, nil // 可以 to a draft of this very chat
		}
		waiting, err := s.waitingApprovals(ctx)
		if err != nil || len(waiting) == 0 {
			return false, err
		}
		if len(waiting) > 1 {
			var b strings.Builder
			fmt.Fprintf(&b, "有 %d 单等您审批，请带上单号：", len(waiting))
			for _, o := range waiting {
				fmt.Fprintf(&b, "\n%s %s %s", o.ID, o.CustomerName, o.Payable())
			}
			s.say(b.String())
			return true, nil
		}
		ids = []orders.OrderID{waiting[0].ID}
	}
	for _, id := range ids {
		if cmd.verb == cmdApprove && cmd.arg != "" {
			// Whether the remark takes the consent back, only its author knows.
			if o, err := s.order(tx, id); err != nil || o.OpenNode() == nil || !s.person.mayDecide(o) {
				return false, nil //nolint:nilerr // no decision of this person's: read like any other sentence
			}
			s.say(fmt.Sprintf("%s 还没有审批。同意请只回复「同意 %s」，不同意请回复「驳回 %s 原因」。", id, id, id))
			continue
		}
		if cmd.verb == cmdReject && cmd.arg == "" {
			o, err := s.order(tx, id)
			if err != nil {
				return true, err
			}
			if err := s.askReason(o, 0, 0); err != nil {
				return true, err
			}
			continue
		}
		if err := s.decide(tx, id, 0, 0, cmd.verb == cmdApprove, cmd.arg); err != nil {
			return true, err
		}
	}
	return true, nil
}

// waitingApprovals returns the orders whose open node this person may decide.
func (s *session) waitingApprovals(ctx context.Context) ([]*orders.Order, error) {
	all, err := s.clerk.Query.OpenOrders(ctx, "", 500, orders.StatusPendingApproval)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(o *orders.Order) bool {
		return !s.person.mayDecide(o)
	}), nil
}

// decide settles a node and says so.
func (s *session) decide(tx Tx, id orders.OrderID, node, revision int, approve bool, reason string) error {
	if _, err := s.order(tx, id); err != nil {
		return err
	}
	o, err := s.clerk.Desk.Decide(tx, id, node, revision, approve, reason, s.person.actor())
	if err != nil {
		return err
	}
	text := "已同意 " + string(o.ID)
	switch {
	case !approve:
		text = fmt.Sprintf("已驳回 %s，原因：%s。业务员会收到通知。", o.ID, reason)
	case o.OpenNode() != nil:
		text += "，接下来由" + o.Awaits() + "审批。"
	default:
		text += "，审批完成，仓库会收到通知。"
	}
	s.say(text)
	return nil
}

// reasonTime is how long a text is taken for the reason that was asked for. Later ones are about
// something else.
const reasonTime = 30 * time.Minute

// askReason asks for the reason of a rejection; the next text is taken for it.
func (s *session) askReason(o *orders.Order, node, revision int) error {
	n := o.Node(node)
	if node == 0 {
		if n = s.person.deciding(o); n == nil {
			n = o.OpenNode()
		}
	}
	if n == nil || o.Status != orders.StatusPendingApproval || n.Status != orders.NodeOpen {
		return orders.Errorf(orders.CodeConflict, "订单 %s 现在是「%s」，不用审批了", o.ID, o.Status)
	}
	if !s.person.mayDecide(o) {
		return orders.Errorf(orders.CodeDenied, "订单 %s 现在由%s审批，您没有这一步的权限，没有改动", o.ID, n.Who())
	}
	s.talk.Awaiting = &awaiting{Order: o.ID, Node: n.Seq, Revision: revision, By: s.in.Sender, Until: s.now.Add(reasonTime)}
	s.say(fmt.Sprintf("请直接回复驳回 %s 的原因，例如「价格不对」。", o.ID))
	return nil
}

// rejectFor takes a text for the reason that was asked for.
func (s *session) rejectFor(tx Tx, w *awaiting, reason string) error {
	reason = strings.TrimSpace(reason)
	if slices.Contains([]string{"算了", "取消", "不驳回了", "先不驳回"}, strings.Trim(reason, edges)) {
		s.say(fmt.Sprintf("好的，没有驳回 %s。", w.Order))
		return nil
	}
	err := s.decide(tx, w.Order, w.Node, w.Revision, false, reason)
	if sentence, ok := orders.ErrorMessage(err); ok && orders.ErrorCode(err) != orders.CodeInvalid {
		// It was refused before anything changed. There is nothing left to give a reason for: the next
		// text is about something else.
		s.say(sentence)
		return nil
	}
	return err
}

// ship registers a parcel: 发货 SO… SF1234567890123 [顺丰], or 自提.
func (s *session) ship(tx Tx, cmd command) error {
	if len(cmd.orders) != 1 {
		return orders.Errorf(orders.CodeInvalid, "一次发一单，请写「发货 单号 运单号」")
	}
	if s.person.staff.May(orders.RightShip) != orders.ScopeAll {
		return orders.Errorf(orders.CodeDenied, "发货由仓库操作，您没有这个权限")
	}
	arg, why := otherCarrier(cmd.arg)
	arg, stage := shipsStage(arg)
	w := logistics.Read(arg)
	insists := w.Carrier != "" && w.Number != "" && strings.Contains(arg, "没错")
	if w.Question != "" && !insists {
		hint := ""
		if w.Carrier != "" && w.Number != "" {
			hint = fmt.Sprintf("。确实没写错的话请发「发货 %s %s %s 没错」", cmd.orders[0], logistics.Name(w.Carrier), w.Number)
		}
		return orders.Errorf(orders.CodeInvalid, "%s%s", w.Question, hint)
	}
	before, err := s.order(tx, cmd.orders[0])
	if err != nil {
		return err
	}
	if before.Carrier == logistics.Self && w.Carrier != logistics.Self && !insists {
		return orders.Errorf(orders.CodeConflict, "订单 %s 是客户自提的，没有快递。备好了请发「发货 %s 自提」，取走了请发「自提完成 %s」；真改发快递了，在这句后面加「没错」", before.ID, before.ID, before.ID)
	}
	o, err := s.clerk.Desk.ShipInstead(tx, cmd.orders[0], stage, w.Carrier, w.Number, s.clerk.NewToken(), why, s.person.actor())
	if err != nil {
		return promised(err, before, arg)
	}
	if w.Carrier == logistics.Self {
		s.say(fmt.Sprintf("已登记 %s 客户自提，出库完成。客户取走后请回复「自提完成 %s」。", o.ID, o.ID))
		return nil
	}
	follow := ""
	if s.clerk.Desk.Follow {
		follow = "物流会自动跟踪，"
	}
	if err := s.shippedWith(tx, o); err != nil {
		return err
	}
	what := string(o.ID)
	if n := o.Shipments[len(o.Shipments)-1].Stage; n > 0 {
		what += fmt.Sprintf(" 第 %d 期（共 %d 期）", n, o.Deliveries())
	}
	s.say(fmt.Sprintf("已发货 %s：%s %s。%s业务员和客户会收到通知。", what, logistics.Name(w.Carrier), w.Number, follow))
	return nil
}

// acknowledge takes an urgent order.
func (s *session) acknowledge(ctx context.Context, tx Tx, ids []orders.OrderID) (bool, error) {
	if len(ids) == 0 {
		open, err := s.clerk.Query.OpenOrders(ctx, "", 500, orders.BeforeShipping...)
		if err != nil {
			return false, err
		}
		for _, o := range open {
			if o.Alert != nil && o.Alert.AckBy == "" || o.Notice() != nil {
				ids = append(ids, o.ID)
			}
		}
		if len(ids) == 0 || s.person.staff.May(orders.RightAcknowledge) != orders.ScopeAll {
			return false, nil
		}
		if len(ids) > 1 {
			s.say("有几单在等，请带上单号，例如「收到 " + string(ids[0]) + "」：\n" + joinIDs(ids))
			return true, nil
		}
	}
	for _, id := range ids {
		before, err := s.order(tx, id)
		if err != nil {
			return true, err
		}
		notice := before.Notice()
		o, err := s.clerk.Desk.Acknowledge(tx, id, s.person.actor())
		if err != nil {
			return true, err
		}
		if notice != nil {
			s.say(fmt.Sprintf("好的，%s 的变更您已看过，提醒已停止。要看整单发「明细 %s」。", o.ID, o.ID))
			continue
		}
		s.say(fmt.Sprintf("好的，加急单 %s 由您负责，提醒已停止。", o.ID))
	}
	return true, nil
}

func joinIDs(ids []orders.OrderID) string {
	var names []string
	for _, id := range ids {
		names = append(names, string(id))
	}
	return strings.Join(names, "\n")
}

// progress prints the chain to staff and the nodes to customers.
func (s *session) progress(tx Tx, ids []orders.OrderID) error {
	for _, id := range ids {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		if err := s.showOrder(tx, o); err != nil {
			return err
		}
		s.talk.Last = []orders.OrderID{o.ID}
	}
	return nil
}

// showOrder shows where an order is: the chain to staff, the seven nodes to customers.
func (s *session) showOrder(tx Tx, o *orders.Order) error {
	s.inquiry(o.Customer, false)
	files, err := s.filesOf(tx, o.ID)
	if err != nil {
		return err
	}
	if s.person.staff != nil {
		progress, err := s.chain(tx, o)
		if err != nil {
			return err
		}
		s.send(cards.WithAttachments(progress, o.ID, files), "reply", o.ID)
		if len(o.Shipments) > 0 {
			s.send(cards.Nodes(o, s.books.Catalog.Calendar, ""), "reply", o.ID)
		}
		return nil
	}
	link, err := s.link(tx, o.ID)
	s.send(cards.WithAttachments(cards.Nodes(o, s.books.Catalog.Calendar, link), o.ID, files), "reply", o.ID)
	return err
}

// chain shows the staff where an order is, and how far the departments have it.
func (s *session) chain(tx Tx, o *orders.Order) (cards.Message, error) {
	m := s.withCountdown(cards.Progress(o, s.books.Catalog, s.now), o)
	sent, err := tx.DispatchesOf(o.ID)
	m.Text = strings.Join(append([]string{m.Text}, cards.Dispatched(o, orders.Dispatches(sent), s.books.Catalog)...), "\n")
	return m, err
}

// link returns the address of an order's page, "" where pages can't be reached.
func (s *session) link(tx Tx, id orders.OrderID) (string, error) {
	if s.clerk.PageURL == nil {
		return "", nil
	}
	token, err := tx.OrderLink(id)
	return s.clerk.PageURL(token), err
}

// versionOf fits a version of an order: 第 2 版.
var versionOf = regexp.MustCompile(`第\s*(\d{1,4})\s*版`)

// lines prints the lines of an order, a page at a time: 明细 SO… 2; of an earlier version: 明细 SO… 第 1 版.
func (s *session) lines(tx Tx, cmd command) error {
	version := 0
	arg := versionOf.ReplaceAllStringFunc(cmd.arg, func(words string) string {
		version, _ = strconv.Atoi(versionOf.FindStringSubmatch(words)[1])
		return ""
	})
	page, err := strconv.Atoi(strings.TrimSpace(arg))
	if err != nil {
		page = 1
	}
	for _, id := range cmd.orders {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		if version > 0 {
			if o, err = o.At(version); err != nil {
				return err
			}
		}
		detail, err := s.detail(tx, o, page)
		if err != nil {
			return err
		}
		s.inquiry(o.Customer, false)
		s.send(detail, "order.lines", o.ID)
	}
	return nil
}

// detail shows an order's lines as this person may see them.
func (s *session) detail(tx Tx, o *orders.Order, page int) (cards.Message, error) {
	files, err := s.filesOf(tx, o.ID)
	v := cards.DetailView{Page: page, ForCustomer: s.person.staff == nil, Files: files, Catalog: s.books.Catalog, Now: s.now}
	if m := s.person.staff; m != nil {
		v.SeesInternal = m.May(orders.RightInternalNote) == orders.ScopeAll
		v.HidePrices = m.May(orders.RightPrices) != orders.ScopeAll
	}
	return cards.Detail(o, v), err
}

// trail prints what was done to an order, when and by whom.
func (s *session) trail(ctx context.Context, tx Tx, ids []orders.OrderID) error {
	for _, id := range ids {
		o, err := s.order(tx, id)
		if err != nil {
			return err
		}
		entries, err := s.clerk.Query.Trail(ctx, o.ID)
		if err != nil {
			return err
		}
		s.send(cards.Trail(o.ID, entries, s.books.Catalog), "reply", o.ID)
		if slices.ContainsFunc(o.Changes, func(c orders.Change) bool { return c.Kind != orders.ChangeCancel && !c.DoneAt.IsZero() }) {
			s.send(cards.Versions(o, true), "reply", o.ID)
		}
	}
	return nil
}

// todo lists what waits for this person.
func (s *session) todo(ctx context.Context) error {
	staff := s.person.staff
	var list []cards.TodoItem
	waiting, err := s.waitingApprovals(ctx)
	if err != nil {
		return err
	}
	for _, o := range waiting {
		list = append(list, cards.TodoItem{Order: o, What: "审批", Say: "同意 " + string(o.ID), Due: o.OpenNode().DueAt})
	}
	returns, err := s.waitingReturns(ctx)
	if err != nil {
		return err
	}
	list = append(list, returns...)
	if staff.May(orders.RightShip) == orders.ScopeAll {
		picks, err := s.clerk.Query.OpenOrders(ctx, "", 500, orders.StatusApproved, orders.StatusAllocated, orders.StatusStocked, orders.StatusPicking, orders.StatusChecked)
		if err != nil {
			return err
		}
		slices.SortFunc(picks, orders.Sooner)
		for _, o := range picks {
			if o.Notice() != nil {
				list = append(list, cards.TodoItem{Order: o, What: "看变更", Say: "收到 " + string(o.ID)})
			}
			list = append(list, cards.TodoItem{Order: o, What: "发货", More: slices.Concat(cards.Pressing(o), s.countdown(o), cards.Lacking(o)), Say: cards.ShipWords(o)})
		}
	}
	if staff.May(orders.RightPlace) != orders.ScopeNone {
		drafts, err := s.clerk.Query.OpenOrders(ctx, staff.Code, 500, orders.StatusDraft)
		if err != nil {
			return err
		}
		for _, o := range drafts {
			list = append(list, cards.TodoItem{Order: o, What: "草稿待确认", Say: "确认 " + string(o.ID), Due: o.ExpiresAt})
		}
	}
	for _, m := range cards.Todo(list, s.now, s.seesMoney()) {
		s.send(m, "reply", "")
	}
	return nil
}

// waitingReturns are the returns that the asker has to do something about: to decide, to take in, to send out.
func (s *session) waitingReturns(ctx context.Context) ([]cards.TodoItem, error) {
	staff := s.person.staff
	back, err := s.clerk.Query.OpenOrders(ctx, "", 500, orders.StatusReturning)
	if err != nil {
		return nil, err
	}
	var list []cards.TodoItem
	for _, o := range back {
		for i := range o.Returns {
			r := &o.Returns[i]
			id := string(o.ID.Return(r.No))
			switch {
			case r.Status == orders.ReturnWaiting && s.clerk.Desk.MayDecideReturn(o, r, staff):
				list = append(list, cards.TodoItem{Order: o, What: "审批" + r.Kind.String() + " " + id, Due: r.DueAt, Say: "同意 " + id})
			case r.Status == orders.ReturnExpected && staff.May(orders.RightStocktake) == orders.ScopeAll:
				list = append(list, cards.TodoItem{Order: o, What: "收" + r.Kind.String() + " " + id, Due: r.DueAt, Say: "退货入库 " + id + " 全部良品"})
			case r.Status == orders.ReturnReceived && staff.May(orders.RightShip) == orders.ScopeAll:
				list = append(list, cards.TodoItem{Order: o, What: r.Kind.String() + "发出 " + id, Due: r.DueAt, Say: "发出 " + id + " 运单号"})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b cards.TodoItem) int { return a.Due.Compare(b.Due) })
	return list, nil
}
