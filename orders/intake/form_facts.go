package intake

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// factKind is what a key of a form's head asks for.
type factKind int

const (
	factIgnored factKind = iota // 制单, 审核, 供应商: says nothing about the order
	factPO
	factCustomer
	factContact
	factPhone
	factAddress
	factReceive // 收货: an address, a person or both
	factDate
	factWant // 要货日期: the form's own date, unless it lies ahead
	factPayment
	factCarrier
	factNote
)

// factKeys are the keys of form heads, normalised.
var factKeys = func() map[string]factKind {
	m := map[string]factKind{}
	add := func(k factKind, list string) {
		for w := range strings.FieldsSeq(list) {
			m[w] = k
		}
	}
	add(factPO, `订单编号 订单号 订单号码 单号 单据号 单据编号 采购单号 采购订单号 采购编号 采购单编号 申请号 申请单号 申请编号 计划号 计划单号 计划编号 合同编号 合同号 编号 通知单号 通知号 函号 请购单号 请购号 申购单号 申购号 要货单号
		订货单号 需求单号 领料单号 请领单号 po po号 po# po.no pono pono. po编号 po单号 no no. pon0. pon0 n0. n0 单据号码 order orderno orderno. 客户单号 客户订单号 订购单号 订购编号 流水号 文号 凭证号 凭证编号 采购凭证 采购凭证号 采购凭证编号`)
	add(factCustomer, "客户 客户名称 订货单位 采购单位 采购方 需方 需方单位 购货单位 购方 购买方 买方 甲方 申请单位 要货单位 收货单位 使用单位 订购单位 下单单位 订货客户 门店 公司名称 单位名称 订购方 需货单位 customer")
	add(factContact, "收货人 联系人 收货联系人 联系 收件人 接收人 签收人 收货人姓名 联络人 现场联系人 收料人 attn contact consignee 收货负责人 接货人 收货联系 收料员 提货人")
	add(factPhone, "电话 联系电话 手机 手机号 收货电话 联系方式 送货电话 tel phone mobile 收货人电话 联系人电话 电话号码 手机号码")
	add(factAddress, "收货地址 送货地址 交货地点 交货地址 送达 送达地点 送达地址 地址 到货地点 到货地址 收货地点 shipto deliverto 送至 送货地点 供货地点 供货地址 供船地点 上船地点 配送地点 发货地址 配送地址 卸货地点 收件地址 使用地点 address 送货到")
	add(factReceive, "收货 收料 送货 送到 送往 门店收 店收 仓库收货 收件 送 送货至 送达至 交货至 发货至 配送至 寄往 寄至 发往 发至 收货信息 收货地址及联系人 shipto收货 收货方")
	add(factDate, `要求到货日期 要求到货时间 要求到货 到货日期 到货时间 到货 到货期 交货期 交货日期 交货时间 交货 交期 要求交期 要求交货期 需用日期 需用时间 需求日期 需求时间 用料日期 用料时间 送货时间 送货日期 送达时间 送达日期 期望交期 期望到货 期望送达
		delivery deliverydate due duedate 要求送货日期 配送日期 配送时间 交付日期 进场日期 进场时间 提货时间 提货日期 要求送达 供货日期 供货时间 供货期 供船日期 供船时间 上船日期 装船日期 自提时间 自提日期 取货时间 取货日期 配送时间段 到店日期 到店时间 希望到店 要求到店 到仓日期 到仓时间 要求到仓 到厂日期 到厂时间 要求到厂 到货要求 希望到货`)
	add(factWant, "要货日期 要货时间 要求日期 使用日期 需货日期 订货日期")
	add(factPayment, "结算方式 结算 付款方式 付款 支付方式 付款条件 payment 账期 结款方式 付款条款 货款 paymentterms terms")
	add(factCarrier, "运输方式 运输 物流 发货方式 快递 承运 物流公司 发运方式 配送方式 运输公司 发运 提货方式 送货方式 shipvia 交货方式")
	add(factNote, "备注 说明 要求 remark remarks note notes 其他要求 特别说明 特殊要求 注 附注 备注说明 注意 注意事项 ps 包装要求 包装 质量要求 其它 其他 留言 买家留言")
	add(factIgnored, `供应商 供方 供货方 供货单位 供应商名称 卖方 乙方 销方 supplier vendor to from 日期 订单日期 下单日期 申请日期 制单日期 签订日期 采购日期 申购日期 请购日期 填表日期 要货日 开单日期 date 制单 制单人 制表 审核 审核人 批准 批准人 核准 核准人
		申请 申请人 申购人 请购人 编制 编制人 采购员 采购 采购人 经办 经办人 buyer 计划员 部门 申购科室 科室 申请部门 使用部门 使用科室 资金来源 项目 项目名称 工程名称 护士长 主管 负责人 财务 合计大写 大写 金额大写 页码 打印 打印时间 签字 签名 盖章
		业务员 业务类型 单据状态 单据日期 操作员 录入 录入人 汇总 汇总人 传真 fax 邮箱 email 开户行 账号 税号 网址 采购电话 日期时间 车间 班组 币种 currency 税率 仓库 库房 签订地点 有效期 制作 复核 填报 填报人 凭证日期 过账日期 过帐日期 创建日期 打印日期 品牌 类别 类型 用途 序号 预算`)
	return m
}()

// facts are what a form says beside its lines.
type facts struct {
	named   []int32 // customers by name, those of the strongest place
	known   []int32 // customers whose contact or phone is named
	due     []when
	urgent  []string
	carrier string
	contact string
	phone   string
	badly   string // a phone number that is none
	address string
	// What stands under a key that may mean the supplier (收件 of a fax) gives way to what the buyer's own keys say.
	looseContact, looseAddress string
	// A phone number that stands before any recipient, as in a letterhead, gives way to the recipient's own.
	loosePhone string
	// maybeDue is a day to come under a key that is not known, as written with its key: it may be when the goods are due.
	maybeDue string
	payment  string
	po       string
	notes    []string
	// unticked tells that boxes to choose a payment by were seen, and none that is ticked.
	unticked bool
	// maybePO is a number under a key that may be that of the paper's pattern: 表号.
	maybePO string
}

// pair is one key with its value as written, or a stretch without a key.
type pair struct {
	kind  factKind
	keyed bool
	value string
}

// pairsOf takes a line of a form apart: 订单编号：A-1  要求到货日期：3月18日. A key stands at the beginning, after a space or a mark, and is
// followed by a colon; in a line without colons by a space. What precedes the first key is a stretch of its own.
func pairsOf(line string) []pair {
	t := newText(strings.TrimSpace(line))
	type found struct {
		at, value int
		kind      factKind
	}
	var keys []found
	for i := 0; i < len(t.r); i++ {
		if isSpace(t.r[i]) {
			continue
		}
		if i > 0 && (isHan(t.r[i-1]) || isAlnum(t.r[i-1])) && (isHan(t.r[i]) || isAlnum(t.r[i])) {
			// 月结45天收货地址:…, the space before the key was lost
			if kind, to, ok := bareKey(t.r, i); ok {
				keys = append(keys, found{i, to, kind})
				i = to - 1
			}
			continue
		}
		if kind, to, ok := keyAt(t.r, i); ok {
			keys = append(keys, found{i, to, kind})
			i = to - 1
		}
	}
	if len(keys) == 0 {
		return []pair{{value: strings.TrimSpace(line)}}
	}
	var out []pair
	if before := strings.Trim(entryNumber.ReplaceAllString(t.source(0, keys[0].at), ""), " ,，;；、。.()（）"); before != "" {
		out = append(out, pair{value: before})
	}
	for k, key := range keys {
		end := len(t.r)
		if k+1 < len(keys) {
			end = keys[k+1].at
		}
		out = append(out, pair{kind: key.kind, keyed: true, value: strings.Trim(t.source(key.value, end), " ,，;；、")})
	}
	return out
}

// entryNumber fits the number of a line of a form, and nothing else that begins with one: 五天内到.
var entryNumber = regexp.MustCompile(`^\s*[(（]?[一二三四五六七八九十\d]+(?:[、.．)）]\s*|\s*$)`)

// keyAt reads a key at r[i] with what parts it from its value. Spaces inside a key (日 期) do not count. An unknown
// word before a colon is a key that says nothing.
func keyAt(r []rune, i int) (factKind, int, bool) {
	var word []rune
	kind, to, ok, spaced := factIgnored, 0, false, false
	for j := i; j < len(r) && j-i < 28; j++ {
		switch c := r[j]; {
		case j-i >= 16 && isHan(r[i]) && isHan(r[j]):
			return kind, to, ok
		case c == ':':
			if k, known := factKeys[string(word)]; known {
				return k, j + 1, true
			}
			if unbracketed, _, cut := strings.Cut(string(word), "("); cut {
				if k, known := factKeys[unbracketed]; known {
					return k, j + 1, true
				}
			}
			if k, known := bilingual(word); known {
				return k, j + 1, true
			}
			if k, known := meantBy(string(word)); known && !spaced && !hasDigit(word) {
				return k, j + 1, true
			}
			for n := 1; n+2 <= len(word) && n <= 3 && !spaced && !hasDigit(word); n++ { // 我方订单号
				if k, known := factKeys[string(word[n:])]; known && k != factIgnored {
					return k, j + 1, true
				}
			}
			if len(word) >= 2 && len(word) <= 6 && !spaced && !slices.Contains(sumWords, string(word)) && !slices.ContainsFunc(word, isDigit) && !ok && !addressed(r[j+1:]) {
				return factIgnored, j + 1, true
			}
			return kind, to, ok
		case c == '\n' || strings.ContainsRune(",。;!?", c):
			return kind, to, ok
		case c == ' ':
			spaced = true
			// without a colon: only where the value looks like one
			k, known := factKeys[string(word)]
			if !known && !ok {
				k, known = meantBy(string(word))
				known = known && k == factDate
			}
			if known && len(word) >= 2 && looksLike(k, r[j+1:]) {
				kind, to, ok = k, j+1, true
			}
		default:
			word = append(word, c)
			if w := string(word); (w == "no." || w == "n0." || w == "pono." || w == "pon0.") && j+1 < len(r) && isAlnum(r[j+1]) {
				return factPO, j + 1, true
			}
		}
	}
	return kind, to, ok
}

// addressed tells that what follows a name with a colon is said to it: 某某光学：我院需订购…. So the name is no key.
func addressed(r []rune) bool {
	r = trimSpace(r)
	return len(r) >= 12 && strings.ContainsRune("我请兹现今因贵您", r[0])
}

// bareKey reads a known key of four characters or more with its colon.
func bareKey(r []rune, i int) (factKind, int, bool) {
	for n := 4; n <= 6 && i+n < len(r); n++ {
		if r[i+n] == ':' {
			kind, known := factKeys[string(r[i:i+n])]
			return kind, i + n + 1, known
		}
	}
	return 0, 0, false
}

// bilingual reads a key in two languages: 要求到货req.date, receiver收货人.
func bilingual(word []rune) (factKind, bool) {
	if hasDigit(word) || len(word) == 0 {
		return 0, false
	}
	i := 1
	for i < len(word) && isHan(word[i]) == isHan(word[0]) {
		i++
	}
	for k := i; k < len(word); k++ {
		if isHan(word[k]) == isHan(word[0]) {
			return 0, false // more than one change of script
		}
	}
	if i == len(word) {
		return 0, false
	}
	native := word[:i]
	if !isHan(word[0]) {
		native = word[i:]
	}
	if k, known := factKeys[string(native)]; known {
		return k, true
	}
	return meantBy(string(native))
}

// meantBy tells what a key that is not listed asks for by the words in it: 到货要求, 店面收货, 最迟送达.
func meantBy(key string) (factKind, bool) {
	for _, w := range [...]string{"下单", "制单", "填", "开单", "申请", "申购", "供方", "供货", "供应", "及", "和", "与"} {
		if strings.Contains(key, w) {
			return factIgnored, false
		}
	}
	for _, w := range [...]struct {
		word string
		kind factKind
	}{
		{"地址", factAddress},
		{"地点", factAddress},
		{"到货", factDate},
		{"交货", factDate},
		{"送达", factDate},
		{"送货时", factDate},
		{"交期", factDate},
		{"到仓", factDate},
		{"到店", factDate},
		{"到厂", factDate},
		{"要货时", factDate},
		{"收货", factReceive},
		{"接货", factReceive},
		{"签收", factReceive},
	} {
		if strings.Contains(key, w.word) {
			return w.kind, true
		}
	}
	return factIgnored, false
}

// looksLike tells whether what follows a key without a colon can be its value.
func looksLike(k factKind, r []rune) bool {
	r = trimSpace(r)
	if len(r) == 0 {
		return false
	}
	first := r
	for i, c := range r {
		if isSpace(c) {
			first = r[:i]
			break
		}
	}
	switch k {
	case factPO:
		return hasDigit(first) && !slices.ContainsFunc(first, isHan)
	case factDate, factWant, factPhone:
		return hasDigit(first)
	case factIgnored:
		return hasDigit(first) || len(first) <= 4
	case factCustomer, factContact, factAddress, factReceive, factPayment, factCarrier:
		return len(first) >= 2
	case factNote:
		return false
	}
	return false
}

// reader collects facts from lines.
type factReader struct {
	x     *Lexicon
	c     clock
	cust  int32
	sales bool
	ocr   bool // read from a picture
	facts
}

// uncheckedBox fits a choice with an empty box before it, which recognition reads as 口: 口现结.
var uncheckedBox = regexp.MustCompile(`[口□☐]\s*\p{Han}{2,6}`)

// withoutBoxes takes what is not ticked out of a value that speaks of the payment.
func (f *factReader) withoutBoxes(p *pair) {
	left := uncheckedBox.ReplaceAllStringFunc(p.value, func(choice string) string {
		t := newText(strings.TrimLeft(choice, "口□☐ "))
		s := f.x.newScan(t, f.c, f.cust, f.sales)
		if slices.ContainsFunc(s.marks, func(m mark) bool { return m.kind == markPayment }) {
			f.unticked = true
			return ""
		}
		return choice
	})
	p.value = strings.TrimSpace(left)
}

// patternNumber fits the number of a form that may be the paper's own or its pattern's: 表号：HF-0914.
var patternNumber = regexp.MustCompile(`^\s*(?:表号|表单号|表单编号|表格编号)\s*[:：]\s*([A-Za-z0-9][A-Za-z0-9\-_/]{3,})\s*$`)

// bearsDay tells that the number of a paper has these days' date in it, of the last fortnight: it counts papers, not patterns.
func bearsDay(number string, c clock) bool {
	for n := range 15 {
		day := c.today.AddDate(0, 0, -n)
		if strings.HasSuffix(number, day.Format("0102")) || strings.Contains(number, day.Format("060102")) {
			return true
		}
	}
	return false
}

// line reads one line; title tells that it stands above the goods, where a bare date is the form's own.
func (f *factReader) line(text string) {
	if r := normal(strings.TrimSpace(text)); f.contact == "" && !slices.Contains(sumWords, string(r)) && (&scan{x: f.x}).isPerson(r) {
		f.setContact(text)
		return
	}
	if m := patternNumber.FindStringSubmatch(text); m != nil && hasDigit([]rune(m[1])) {
		if f.maybePO = strings.TrimSpace(text); f.po == "" && bearsDay(m[1], f.c) {
			f.po = f.mendNumber(m[1])
		}
	}
	for _, p := range pairsOf(text) {
		f.pair(p)
	}
}

func (f *factReader) pair(p pair) {
	if p.value == "" || p.keyed && p.kind == factIgnored {
		return
	}
	if f.ocr && uncheckedBox.MatchString(p.value) {
		if f.withoutBoxes(&p); p.value == "" {
			return
		}
	}
	if p.kind == factDate || p.kind == factWant {
		p.value = dayAndMonth.ReplaceAllString(withoutGaps(strings.TrimSpace(p.value)), "${1}月${2}日")
	}
	t := newText(p.value)
	if len(t.r) == 0 {
		return
	}
	switch p.kind {
	case factPO:
		if end := f.setPO(t); end < len(t.r) {
			f.prose(newText(t.source(end, len(t.r))), pair{})
		}
		return
	case factCustomer:
		if ids := f.x.customersNamed(t.r); len(ids) > 0 {
			f.named = ids
		}
		return
	case factAddress, factReceive, factContact:
		if p.kind == factContact && f.contact == f.looseContact {
			f.contact = ""
		}
		if p.kind == factAddress && f.address == f.looseAddress {
			f.address = ""
		}
		phone := f.phone
		if f.phone == f.loosePhone {
			f.phone = ""
		}
		f.recipient(t, p.kind)
		if f.phone == "" {
			f.phone = phone
		}
		if p.kind == factReceive {
			f.looseContact, f.looseAddress = f.contact, f.address
		}
		return
	case factPhone:
		f.phoneIn(t)
		f.looseUntilReceived()
	case factDate, factWant:
		if w, ok := firstWhen(t.r, f.c); ok && (p.kind == factDate || w.end.After(f.c.today)) {
			f.due = append(f.due, w)
		}
	default:
	}
	f.prose(t, p)
}

// prose reads a stretch of words: what a message would say.
func (f *factReader) prose(t *text, p pair) {
	for i := 0; i+1 < len(t.r); i++ {
		if t.r[i] == '送' && (t.r[i+1] == '达' || t.r[i+1] == '抵') || strings.ContainsRune("送交运", t.r[i]) && t.r[i+1] == '至' {
			t.r[i], t.r[i+1] = '送', '到'
		}
	}
	s := f.x.newScan(t, f.c, f.cust, f.sales)
	rest := make([]rune, 0, len(t.r))
	for i := range t.r {
		if s.owner[i] < 0 {
			rest = append(rest, t.r[i])
		}
	}
	for _, m := range s.marks {
		switch m.kind {
		case markDate:
			if (m.when.weight > 0 || wantedBy(t.r[m.to:])) && p.kind != factDate && p.kind != factWant {
				f.due = append(f.due, m.when)
			}
		case markCustomer:
			if len(f.named) == 0 || !p.keyed && (len(m.ids) < len(f.named) || f.branchAlone(t.r, m.ids)) {
				f.named = m.ids
			}
		case markPerson:
			f.known = append(f.known, m.ids...)
		case markContact:
			if f.contact == "" {
				f.contact = m.text
			}
		case markPhone:
			f.setPhone(m.text)
			f.looseUntilReceived()
		case markBadPhone:
			if f.badly == "" {
				f.badly = m.text
			}
		case markAddress:
			if f.address == "" {
				f.address = m.text
				if !p.keyed {
					f.looseAddress = m.text
				}
			}
		case markCarrier:
			after := string(t.r[m.to:s.clauseEnd(m.to)])
			if f.carrier == "" && !strings.Contains(after, "不要") && !strings.Contains(after, "别") {
				f.carrier = m.text
			}
		case markPayment:
			if f.payment == "" {
				f.payment = m.text
			}
		case markUrgent:
			f.urgent = append(f.urgent, t.source(m.from, m.to))
		case markPO:
			if f.po == "" {
				f.po = m.text
			}
		default:
		}
	}
	if p.kind == factNote && len(squeeze(rest)) > 1 {
		f.notes = append(f.notes, p.value)
	}
}

// branchAlone tells that a line says nothing but the name of a branch of the customer named above it, as the second line of a
// form's title: the form is the branch's.
func (f *factReader) branchAlone(r []rune, ids []int32) bool {
	if len(ids) != 1 || len(f.named) != 1 || ids[0] == f.named[0] {
		return false
	}
	line := normal(strings.Trim(string(r), " ()（）[]【】·-—"))
	n, to := f.x.buyers.longest(line, 0)
	house, branch := f.x.customer(f.named[0]).Name, f.x.customer(ids[0]).Name
	return n != nil && to == len(line) && len(branch) > len(house) && strings.HasPrefix(branch, house)
}

// setPO takes the first word that can be a number of a form, and tells where it ends.
func (f *factReader) setPO(t *text) int {
	if f.po != "" {
		return len(t.r)
	}
	for i := 0; i < len(t.r); {
		if isSpace(t.r[i]) {
			i++
			continue
		}
		j := i
		for j < len(t.r) && !isSpace(t.r[j]) && !strings.ContainsRune(",;。()", t.r[j]) {
			j++
		}
		if hasDigit(t.r[i:j]) {
			f.po = f.mendNumber(t.source(i, j))
			return j
		}
		i = j + 1
	}
	return len(t.r)
}

var (
	zeroOfPO    = regexp.MustCompile(`(^|[-_/])([PpSsCcWw])0([-_/])`)
	letterAmong = regexp.MustCompile(`(\d)[Oo](\d)`)
)

// mendNumber takes the figure and the letter that recognition takes for each other by what stands around them: P0 between marks is
// PO, 26O6 is 2606. Numbers of other files stay.
func (f *factReader) mendNumber(po string) string {
	if !f.ocr {
		return po
	}
	po = zeroOfPO.ReplaceAllString(po, "${1}${2}O${3}")
	for letterAmong.MatchString(po) {
		po = letterAmong.ReplaceAllString(po, "${1}0${2}")
	}
	return po
}

// phoneIn takes the number that stands where a form asks for one; digits that are none are kept to be asked about.
func (f *factReader) phoneIn(t *text) {
	for i := range t.r {
		if !isDigit(t.r[i]) && t.r[i] != '+' && t.r[i] != '(' {
			continue
		}
		if num, to, _ := phoneAt(t.r, i); num != "" && (to >= len(t.r) || !isAlnum(t.r[to])) {
			f.setPhone(num)
			return
		}
		if !isDigit(t.r[i]) {
			continue
		}
		if d := digitsOf(string(t.r[i:])); len(d) >= 5 && len(d) <= 16 && f.badly == "" {
			f.badly = d
		}
		return
	}
}

func (f *factReader) setPhone(phone string) {
	if f.phone == "" {
		f.phone = phone
	}
	f.known = append(f.known, f.x.phones.get(digitsOf(phone))...)
}

// recipient reads where the goods go and who takes them: an address, a person, a phone, in one value.
func (f *factReader) recipient(t *text, kind factKind) {
	s := f.x.newScan(t, f.c, f.cust, f.sales)
	place := -1 // where the address begins
	flush := func(to int) {
		if place < 0 {
			return
		}
		from := place
		place = -1
		for to > from && strings.ContainsRune(" ,;。-", t.r[to-1]) {
			to--
		}
		if n := s.personEnding(from, to); n >= 2 && to-n > from+1 && f.contact == "" && kind != factContact && (s.placeEnding(from, to-n) || t.r[to-n-1] == ' ') {
			f.contact = t.source(to-n, to)
			to -= n
		}
		if text := t.source(from, to); text != "" && f.address == "" && len([]rune(text)) > 1 {
			f.address = text
		}
	}
	for i := 0; i < len(t.r); {
		j := i
		for j < len(t.r) && !isSpace(t.r[j]) && !strings.ContainsRune(",;。", t.r[j]) {
			if m := s.at(j); j > i && m != nil && m.kind == markPhone && m.from == j { // 小陆13800001010
				break
			}
			j++
		}
		word := t.r[i:j]
		m := s.at(i)
		switch {
		case len(word) == 0:
			if place >= 0 && t.r[i] != ' ' {
				flush(i)
			}
			i++
			continue
		case m != nil && m.kind == markPhone:
			flush(i)
			f.setPhone(m.text)
			j = max(m.to, i+1)
		case m != nil && m.kind == markBadPhone:
			flush(i)
			f.badly = m.text
			j = max(m.to, i+1)
		case isPhoneWord(word):
			flush(i)
			f.setPhone(digitsOf(string(word)))
		case (kind != factAddress || place < 0 || i > place) && f.contact == "" && (s.isPerson(word) || isFullName(word) && (kind == factContact || i > 0)):
			flush(i)
			f.setContact(t.source(i, j))
		case m != nil && (m.kind == markPayment || m.kind == markCarrier) && m.from == i && m.to == j:
			flush(i)
			f.prose(newText(t.source(i, j)), pair{})
		case kind == factContact && place < 0 && f.contact == "" && len(word) <= 6 && !hasDigit(word):
			f.setContact(t.source(i, j))
		case kind == factContact:
			// 孟晓13800001010, 岳经理(13900002015)
			f.prose(newText(t.source(i, j)), pair{})
			if k := slices.IndexFunc(word, isDigit); k > 1 && f.contact == "" {
				f.setContact(strings.Trim(t.source(i, i+k), " ()（）:："))
			}
		case place < 0:
			if w, ok := readWhen(t.r[:j], i, f.c); ok && w.to >= j-2 {
				f.due = append(f.due, w)
				break
			}
			place = i
		}
		i = j
	}
	flush(len(t.r))
}

// looseUntilReceived remembers the phone number as one that stands before any recipient.
func (f *factReader) looseUntilReceived() {
	if f.contact == "" && f.address == f.looseAddress {
		f.loosePhone = f.phone
	}
}

func (f *factReader) setContact(name string) {
	name = strings.Trim(name, " ()（）")
	if f.contact == "" {
		f.contact = name
	}
	if n, to := f.x.contacts.longest(normal(name), 0); n != nil && to == len(normal(name)) {
		f.known = append(f.known, n.ids...)
	}
}

func isPhoneWord(r []rune) bool {
	d := digitsOf(string(r))
	return len(d) == 11 && d[0] == '1' && d[1] >= '3' && len(r) <= 14 && !slices.ContainsFunc(r, isHan)
}

// firstWhen reads the first date of a value.
func firstWhen(r []rune, c clock) (when, bool) {
	if y, m, d, ok := dotted(r); ok {
		return when{from: 0, to: len(r), end: time.Date(y, time.Month(m), d, 0, 0, 0, 0, c.today.Location()), weight: 1}, true
	}
	for i := range r {
		if i > 0 && (isDigit(r[i]) && isDigit(r[i-1]) || isHanNumeral(r[i]) && isHanNumeral(r[i-1])) {
			continue
		}
		if w, ok := readWhen(r, i, c); ok && w.to-w.from > 1 {
			return w, true
		}
	}
	return when{}, false
}

// dotted reads 2026.4.2 at the beginning of a value.
func dotted(r []rune) (year, month, day int, ok bool) {
	parts := strings.FieldsFunc(string(trimSpace(r)), func(c rune) bool { return !isDigit(c) })
	text := string(trimSpace(r))
	if len(parts) < 3 || len(parts[0]) != 4 || len(parts[1]) > 2 || len(parts[2]) > 2 || !strings.HasPrefix(text, parts[0]+"."+parts[1]+"."+parts[2]) {
		return 0, 0, 0, false
	}
	year, _ = smallNumber(parts[0])
	month, _ = smallNumber(parts[1])
	day, _ = smallNumber(parts[2])
	return year, month, day, year > 2000 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// wantedBy tells whether the words after a date ask for the goods by then.
func wantedBy(after []rune) bool {
	for _, w := range [...]string{"前", "之前", "以前", "要", "送", "到", "交", "用", "进场", "发", "来拉", "来拿", "来提", "取", "提"} {
		if has(trimSpace(after), 0, w) {
			return true
		}
	}
	return false
}
