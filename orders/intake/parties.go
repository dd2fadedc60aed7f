package intake

import (
	"regexp"
	"slices"
	"strings"
)

// addressCues stand before an address, the plainest first; weak ones may as well begin something else.
var addressCues = []struct {
	word string
	weak bool
}{
	{"所在地区", false},
	{"收货地址", false},
	{"送货地址", false},
	{"收件地址", false},
	{"配送地址", false},
	{"发货地址", false},
	{"详细地址", false},
	{"地址改成", false},
	{"地址改为", false},
	{"地址", false},
	{"收货人", true},
	{"收件人", true},
	{"收货", false},
	{"收件", false},
	{"送货到", false},
	{"送货至", false},
	{"送到", false},
	{"送至", false},
	{"送去", false},
	{"送往", false},
	{"送达至", false},
	{"送达到", false},
	{"送达", true},
	{"寄到", false},
	{"寄至", false},
	{"寄往", false},
	{"发到", false},
	{"发至", false},
	{"发往", false},
	{"配送到", false},
	{"配送至", false},
	{"运到", false},
	{"拉到", false},
	{"放到", false},
	{"放在", false},
	{"卸到", false},
	{"卸在", false},
	{"送", true},
	{"寄", true},
	{"到", true},
	{"去", true},
	{"卸", true},
	{"放", true},
	{"发", true},
	{"搁到", false},
	{"搁在", false},
	{"搁", true},
	{"停到", false},
	{"停在", false},
	{"停", true},
}

// addressChanged fits what stands between 地址 and the place that it is from now on.
var addressChanged = regexp.MustCompile(`^(?:要|得)?(?:(?:换|改|变)(?:一下|下|个|了)?|(?:写|填|打|发|弄|搞)?错了?|不对|有误)[ ,]*(?:应该)?(?:换成|改成|改为|换为|变成|变更为|更正为|改到|送到|送|是|为|成|到)?`)

var addressLeads = func() *runeSet {
	s := &runeSet{}
	for _, c := range addressCues {
		s.add(string([]rune(c.word)[:1]))
	}
	return s
}()

// placeEnds are the words with which places end.
var placeEnds = strings.Fields("交口 交叉口 交汇处 小学 中学 大学 幼儿园 标段 绿化带 加油站 路 街 道 巷 弄 里 号 号楼 栋 幢 楼 层 室 库 仓 仓库 门 大门 门口 店 厂 厂区 园 园区 区 县 市 镇 乡 村 站 场 所 处 院 校 城 湾 港 码头 旁 旁边 对面 隔壁 单元 科 工地 前台 大厅 中心 基地 车间 办公室 收发室 传达室 保安室 门卫 门卫室 岗亭 后门 前门 侧门 东门 西门 南门 北门 负一层 地下室 项目部 广场 大厦 大楼 小区 花园 公寓 宿舍 食堂 超市 市场 商场 档口 摊位 公司 里面 收货平台 收货区 收货口 收货处 收货点 收货台 卸货平台 卸货口 卸货点 收货部 门岗 交界处 路口 井口 入口 出口 月台 卸货区 物资库 耗材库 水厂 泵房 机房 配电房 工业区 开发区 物流园 产业园 科技园 学校 医院 酒店 饭店 餐厅 铺 馆 厅 房 屋 棚 台 岛 桥 塔 寺 庙 河边 坳 坪 坝 沟 岭 坡 湾 塘 屯 堡 寨 庄 峪 滩 洼 村口 路边 大棚 果园 猪场 鸡场 养殖场 渔场 牧场 矿 矿区 井场 地块 梁场 拌合站 料场 堆场")

// vaguePlaces say no address on their own.
var vaguePlaces = map[string]bool{}

func init() {
	for w := range strings.FieldsSeq("工地 厂 厂里 厂区 工厂 公司 店里 店 家里 家 仓库 库房 老地方 门口 现场 这里 那里 我们厂 我们公司 我们店 你们店 单位 学校 医院 项目 项目部 工地上 现场 前台 楼下 车间 科室 那边 这边 我这边 上门 门 地方 原地址 老地址 同一地址 市场 货场") {
		vaguePlaces[w] = true
	}
}

func (s *scan) findAddresses() {
	s.findHalves()
	r := s.r
	inName := s.insideNames()
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 || inName[i] || !addressLeads.has(r[i]) {
			continue
		}
		for _, cue := range addressCues {
			if !has(r, i, cue.word) || !s.free(i, i+len([]rune(cue.word))) {
				continue
			}
			if receivingPlace(r, i) {
				break
			}
			k := i + len([]rune(cue.word))
			if cue.word == "发" && (i > 0 && isHan(r[i-1]) && s.owner[i-1] < 0 && !strings.ContainsRune("接们就请都给货要", r[i-1]) || !hasDigit(r[k:s.chunkEnd(k)])) { // 开发区
				break
			}
			if neg := s.negated(i); neg > 0 {
				if e := s.clauseEnd(k); s.placeAt(k, e, cue.weak) > 0 {
					s.claim(mark{kind: markNote, from: i - neg, to: e, text: s.quote(i-neg, e)})
				}
				i = k - 1
				break
			}
			if strings.HasSuffix(cue.word, "地址") {
				if m := addressChanged.FindString(string(r[k:min(len(r), k+14)])); m != "" { // 送货地址写错了,是…
					k += len([]rune(m))
				}
			}
			for k < len(r) && (r[k] == ':' || r[k] == ' ' || r[k] == '是' && cue.word == "地址" || r[k] == '在') {
				k++
			}
			if cue.word == "去" && k < len(r) && strings.ContainsRune("翻看查找问数点核拿取忙开盘买", r[k]) { // 我去翻下冻库
				break
			}
			e := s.placeAt(k, s.chunkEnd(k), cue.weak)
			if colon := index(r, k, s.chunkEnd(k), ":"); e == k && colon > k { // 送滨河路18号:绿网5捆
				e = s.placeAt(k, colon, cue.weak)
			}
			if e > k {
				e = s.bracketed(e)
				s.claim(mark{kind: markAddress, from: k, to: e, text: s.quote(k, e)})
				s.claim(mark{kind: markNoise, from: i, to: k})
				i = e - 1
				break
			}
			if !cue.weak {
				i = k - 1
				break
			}
		}
	}
	s.regionAddresses(inName)
	// addresses without a word before them: 和平路33号
	for i := 0; i+1 < len(r); i++ {
		if s.owner[i] >= 0 || !strings.ContainsRune("路街道巷弄", r[i]) {
			continue
		}
		n, ok := readNumeral(r, skipSpace(r, i+1))
		if !ok || n.to >= len(r) || r[n.to] != '号' || !s.free(i, n.to+1) {
			continue
		}
		from := i
		for from > 0 && i-from < 16 && s.owner[from-1] < 0 && (isHan(r[from-1]) || isDigit(r[from-1])) && r[from-1] != '在' && r[from-1] != '是' && !s.amountEnds(from) {
			from--
		}
		if i-from > 2 && strings.ContainsRune("发送寄运拉", r[from]) {
			from++
		}
		if i-from < 1 {
			continue
		}
		to := s.placeAt(from, s.chunkEnd(from), false)
		if to > n.to {
			to = s.bracketed(to)
			s.claim(mark{kind: markAddress, from: from, to: to, text: s.quote(from, to)})
		}
	}
	// 化工厂门口交货
	for i := 2; i < len(r); i++ {
		if s.owner[i] >= 0 || !has(r, i, "交货") && !has(r, i, "卸货") && !has(r, i, "下货") {
			continue
		}
		from := i
		for from > 0 && i-from < 16 && s.owner[from-1] < 0 && (isHan(r[from-1]) || isAlnum(r[from-1])) {
			from--
		}
		if e := s.placeAt(from, i, true); e == i {
			s.claim(mark{kind: markAddress, from: from, to: i, text: s.quote(from, i)})
		}
	}
}

// amountEnds tells whether an amount of goods ends at r[i].
func (s *scan) amountEnds(i int) bool {
	for k := i - 1; k > 0 && i-k <= 2; k-- {
		if isDigit(s.r[k-1]) || isHanNumeral(s.r[k-1]) {
			u := s.x.unitAt(s.r, k)
			return u != "" && !sizeUnits[u] && k+len([]rune(u)) == i && !strings.Contains("幢栋楼层", u)
		}
	}
	return false
}

// regionAddresses recognises addresses that begin with a province, city or district: 四川成都高新区天府大道….
func (s *scan) regionAddresses(inName []bool) {
	r := s.r
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 || !isHan(r[i]) || inName[i] || i > 0 && s.owner[i-1] < 0 && !isBreak(r[i-1]) && !isSpace(r[i-1]) {
			continue
		}
		end := s.chunkEnd(i)
		if !isRegionAddress(r, i, end) {
			continue
		}
		if e := s.placeAt(i, end, false); e > i && isRegionAddress(r, i, e) {
			e = s.bracketed(e)
			s.claim(mark{kind: markAddress, from: i, to: e, text: s.quote(i, e)})
			i = e - 1
		}
	}
	s.joinRegions()
}

// joinRegions makes one address of 所在地区 and 详细地址, as shops write them.
func (s *scan) joinRegions() {
	for k := range s.marks {
		a := &s.marks[k]
		if a.kind != markAddress {
			continue
		}
		if to, levels, _ := readRegions(s.r, a.from); levels == 0 || to < a.to {
			continue
		}
		for n := range s.marks {
			b := &s.marks[n]
			if b.kind != markAddress || b.from < a.to || b.from-a.to > 12 {
				continue
			}
			if _, levels, _ := readRegions(s.r, b.from); levels == 0 && index(s.r, a.to, b.from, "地址") >= 0 {
				b.text = a.text + b.text
				a.kind = markNoise
			}
			break
		}
	}
}

// negated tells how many runes before i deny what comes: 别, 不要.
func (s *scan) negated(i int) int {
	for _, n := range [...]string{"不要", "不用", "别", "勿", "不", "莫"} {
		k := len([]rune(n))
		if i >= k && has(s.r, i-k, n) {
			return k
		}
	}
	return 0
}

// clauseEnd is where the clause at i ends.
func (s *scan) clauseEnd(i int) int {
	for i < len(s.r) && !strings.ContainsRune(",。;\n!?()", s.r[i]) {
		i++
	}
	return i
}

// chunkEnd is where the unbroken stretch at i ends; no address is as long as the 60 characters that it looks at.
func (s *scan) chunkEnd(i int) int {
	e := i
	for e < len(s.r) && e-i < 60 && s.owner[e] < 0 && !strings.ContainsRune(",。;\n!?()+", s.r[e]) {
		if s.r[e] == ' ' && (e+1 >= len(s.r) || !s.goesOn(i, e+1)) {
			break
		}
		e++
	}
	return e
}

// goesOn tells whether the address that began at i goes on at k after a space.
func (s *scan) goesOn(i, k int) bool {
	if k-i > 0 && strings.ContainsRune("市县区镇路", s.r[k-2]) {
		return true
	}
	if s.regionGoesOn(i, k) {
		return true
	}
	n, ok := readNumeral(s.r, k)
	if ok && n.to < len(s.r) && strings.ContainsRune("号栋幢楼层室单", s.r[n.to]) {
		return true
	}
	// 2栋 1203
	return ok && n.bare && strings.ContainsRune("栋幢楼号元", s.r[k-2]) && n.to-k >= 3 && n.to-k <= 4 && (n.to >= len(s.r) || isBreak(s.r[n.to]) || s.r[n.to] == ' ')
}

// regionGoesOn tells whether the address that began at i with a region goes on with the word at k: a street, a house.
func (s *scan) regionGoesOn(i, k int) bool {
	r := s.r
	if _, levels, full := readRegions(r, i); levels == 0 || full == 0 && levels < 2 {
		return false
	}
	if _, levels, _ := readRegions(r, k); levels > 0 {
		return true
	}
	e := k
	for e < len(r) && s.owner[e] < 0 && !isBreak(r[e]) && !isSpace(r[e]) {
		e++
	}
	if e-k < 2 || s.quantityIn(k, e) {
		return false
	}
	if n, _ := s.x.names.longest(r, k); n != nil && len(n.text) >= 2 {
		return false
	}
	if n, _ := s.x.buyers.longest(r, k); n != nil {
		return false
	}
	if s.isPerson(r[k:e]) || isFullName(r[k:e]) {
		return false
	}
	return strings.ContainsAny(string(r[k+1:e]), "路街道巷弄镇乡村号栋幢座楼层室园苑厦期") || s.placeEnding(k, e)
}

// receivingPlace tells whether 收 at r[k] begins the name of a place and is no word for who receives: 收货平台, 收发室.
func receivingPlace(r []rune, k int) bool {
	if has(r, k, "收费") || has(r, k, "收发") || has(r, k, "收银") {
		return true
	}
	return (has(r, k, "收货") || has(r, k, "卸货")) && k+2 < len(r) && strings.ContainsRune("处区部口点仓台间站科室门组平月大中位", r[k+2])
}

// placeAt returns where the place in r[from:to] ends, from if there is none.
func (s *scan) placeAt(from, to int, weak bool) int {
	r := s.r
	if to-from < 2 || to-from > 60 {
		return from
	}
	if has(r, from, "货") && !has(r, from, "货架") && !has(r, from, "货场") && !has(r, from, "货运") && !has(r, from, "货站") {
		return from
	}
	for _, w := range [...]string{"过来", "过去", "给", "我", "到", "掉", "的", "来", "个", "几", "些", "点", "完", "齐", "达", "付", "时", "期", "了", "就", "老地方", "各", "上门", "发票", "开票", "抬头", "专票", "普票", "上楼", "上来", "进来", "下来", "回来", "你", "他", "她"} {
		if has(r, from, w) {
			return from
		}
	}
	// what follows the place: a person, 收, a customer's name
	end := to
	for k := from + 2; k < end; k++ {
		if r[k] == '收' && !receivingPlace(r, k) {
			end = k
			break
		}
		if has(r, k, "签收") || has(r, k, "交货") || has(r, k, "卸货") && !receivingPlace(r, k) || has(r, k, "就行") || has(r, k, "即可") || has(r, k, "吧") && k+1 == end || r[k] == '给' && s.personAfter(k+1) || has(r, k, "谢谢") || has(r, k, "别送") || has(r, k, "别放") || has(r, k, "不要") || has(r, k, "哈") && k+1 == end || has(r, k, "联系") || has(r, k, "电话") || r[k] == '找' && s.personAfter(k+1) {
			end = k
			break
		}
	}
	stop := end
	// a person at the end
	if stop == to || stop < to && (has(r, stop, "收") || has(r, stop, "签收") || has(r, stop, "联系") || has(r, stop, "电话")) {
		after := s.at(stop)
		if stop < to || after != nil && after.kind == markPhone || stop < len(r) && r[stop] == '(' {
			if n := s.personEnding(from+2, stop); n > 0 {
				stop -= n
			}
		} else if n := s.personEnding(from+2, stop); n >= 2 && s.placeEnding(from, stop-n) {
			stop -= n
		}
	}
	// a customer's name at the end
	for k := from + 2; k < stop; k++ {
		if n, e := s.x.buyers.longest(r[:stop], k); n != nil && e == stop && s.placeEnding(from, k) && isDigitBefore(r, from, k) {
			stop = k
			break
		}
	}
	for stop > from && (r[stop-1] == ' ' || r[stop-1] == '-' || r[stop-1] == ':') {
		stop--
	}
	stop = withoutPostcode(r, from, stop)
	chunk := string(r[from:stop])
	if vaguePlaces[chunk] || stop-from < 2 {
		return from
	}
	if n, e := s.x.buyers.longest(r, from); n != nil && e >= stop {
		return from
	}
	if n, e := s.x.names.longest(r, from); n != nil && e >= stop {
		return from
	}
	if n, ok := readNumeral(r, from); ok && n.to+len([]rune(s.x.unitAt(r, n.to))) == stop || s.quantityIn(from, stop) {
		return from
	}
	if !s.placeEnding(from, stop) {
		// B区6栋1203
		if s.cust >= 0 && stop-from >= 3 && strings.Contains(string(s.x.customers[s.cust].address), string(squeeze(r[from:stop]))) {
			return stop
		}
		if !weak && hasDigit(r[from:stop]) && strings.ContainsAny(chunk, "路街道巷栋幢楼区厦座场园城心寓院馆") {
			return stop
		}
		if !weak && stop-from >= 4 && strings.ContainsAny(chunk, "路街道巷市县镇村号楼") {
			return stop
		}
		return from
	}
	return stop
}

// withoutPostcode leaves out six digits at the end of an address.
func withoutPostcode(r []rune, from, to int) int {
	k := to
	for k > from && isDigit(r[k-1]) {
		k--
	}
	if to-k != 6 || k-from < 6 {
		return to
	}
	for k > from && r[k-1] == ' ' {
		k--
	}
	return k
}

// bracketed is where the brackets behind an address end that say more of the place: (四川新津工业园).
func (s *scan) bracketed(to int) int {
	r := s.r
	if to >= len(r) || r[to] != '(' {
		return to
	}
	for e := to + 1; e < len(r) && e-to < 26 && s.owner[e] < 0 && r[e] != '\n'; e++ {
		if r[e] != ')' {
			continue
		}
		in := r[to+1 : e]
		if len(in) < 3 || s.quantityIn(to+1, e) || s.personEnding(to+1, e) > 0 || isFullName(in) || !strings.ContainsAny(string(in), "路街号楼店园区院场站口旁厦城村镇基地库座栋室") {
			return to
		}
		return e + 1
	}
	return to
}

// personAfter tells whether a person is named at r[i].
func (s *scan) personAfter(i int) bool {
	for n := 2; n <= 5 && i+n <= len(s.r); n++ {
		if s.isPerson(s.r[i : i+n]) {
			return true
		}
	}
	return false
}

func isDigitBefore(r []rune, from, to int) bool { return hasDigit(r[from:to]) }

func (s *scan) placeEnding(from, to int) bool {
	r := s.r
	for _, p := range placeEnds {
		n := len([]rune(p))
		if to-n >= from && has(r[:to], to-n, p) && (n > 1 || to-from >= 2) {
			return true
		}
	}
	if villageGroup.MatchString(string(r[from:to])) {
		return true
	}
	if to-from >= 3 && r[to-1] == '口' && !strings.ContainsRune("人胃关缺入出接借虎户户开切", r[to-2]) && !s.x.vocabulary(r, to-2, to) { // 东闸口, 渡口
		return true
	}
	if to-from >= 3 && r[to-1] == '间' && !strings.ContainsRune("时期中之空夜晚日其房人年民", r[to-2]) { // 加药间, 配料间
		return true
	}
	return to > from && isDigit(r[to-1]) && (strings.ContainsAny(string(r[from:to]), "栋幢楼号厦座") || shopNumber.MatchString(string(r[from:to])))
}

// villageGroup fits a place that is a part of a village: 何塘村三组.
var villageGroup = regexp.MustCompile(`[村队社](?:第?[0-9一二三四五六七八九十]+)[组队]$`)

// shopNumber fits the end of a place that is the number of a shop or room in it: 万象广场b1-08.
var shopNumber = regexp.MustCompile(`(?:广场|中心|商场|市场|商城|城|园|区|苑|庭|府|邸|居|里|湾)[a-z]?\d[\d-]*$`)

// quantityIn tells whether a counted quantity of goods stands in r[from:to].
func (s *scan) quantityIn(from, to int) bool {
	for i := from; i < to; i++ {
		if n, ok := readNumeral(s.r[:to], i); ok {
			if u, e := s.unitAfter(n.to); u != "" && !sizeUnits[u] && !strings.Contains("幢栋楼层件部台座号室期区", u) && e <= to && (u != "组" || !strings.ContainsRune("村队社", runeBefore(s.r, i))) {
				if !strings.Contains("架面段条组排", u) {
					return true
				}
			}
			i = n.to - 1
		}
	}
	return false
}

func runeBefore(r []rune, i int) rune {
	if i > 0 {
		return r[i-1]
	}
	return ' '
}

const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝砂龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"

var titles = strings.Fields("护士长 技术员 保管员 管理员 业务员 采购员 质检员 仓管员 检验员 收货员 营业员 饲养员 研究员 辅导员 接待员 教练 讲师 门卫 保安 干事 股长 老板娘 负责人 总经理 副总 工程师 经理 主任 科长 处长 院长 护士 医生 大夫 老师 师傅 老板 班长 队长 店长 厂长 校医 采购 会计 主管 部长 所长 站长 小姐 女士 先生 阿姨 同学 组长 课长 校长 园长 馆长 书记 村长 镇长 教授 博士 博导 助理 秘书 仓管 库管 出纳 文员 司机 领班 工头 大姐 大哥 大叔 掌柜 厨师长 厨师 主厨 总监 总 工 姐 哥 叔 嫂 婶 队 董 爷 妹 弟")

// personEnding returns how long the person's name is with which r[from:to] ends, 0 if there is none.
func (s *scan) personEnding(from, to int) int {
	r := s.r
	for n := min(7, to-from); n >= 1; n-- {
		if s.isPerson(r[to-n : to]) {
			// 二号门卓班长: 门 ends the place
			for k := n - 1; k >= 2; k-- {
				if s.isPerson(r[to-k:to]) && s.placeEnding(from, to-k) && to-k-from >= 3 && (hasNumber(r[from:to-k]) || to-k-from >= 6) {
					return k
				}
			}
			return n
		}
	}
	return 0
}

func hasNumber(r []rune) bool {
	return slices.ContainsFunc(r, func(c rune) bool { return isDigit(c) || isHanNumeral(c) })
}

// isPerson tells whether r is how a person is called: 王经理, 小万, 老张, 张阿姨, 欧阳工, 库管小杜.
func (s *scan) isPerson(r []rune) bool {
	n := len(r)
	if n < 2 || n > 7 || slices.ContainsFunc(r, func(c rune) bool { return !isHan(c) }) {
		return false
	}
	if name, e := s.x.contacts.longest(r, 0); name != nil && e == n {
		return true
	}
	text := string(r)
	for _, kind := range [...]string{"普通", "集中", "统一", "零星", "常规", "日常", "紧急", "固定"} { // 普通采购 is no buyer
		if strings.HasPrefix(text, kind) {
			return false
		}
	}
	for _, t := range titles {
		k := len([]rune(t))
		if n > k && strings.HasSuffix(text, t) {
			head := r[:n-k]
			switch {
			case len(head) == 1 && strings.ContainsRune(surnames, head[0]):
				return true
			case len(head) == 1 && (t == "哥" || t == "姐" || t == "叔" || t == "总" || t == "工" || t == "嫂") && !strings.ContainsRune("大二三老小一两这那你我他各几上下中外加开施手人化职员汇合", head[0]):
				return true
			case len(head) == 2 && (head[0] == '小' || head[0] == '老') && strings.ContainsRune(surnames, head[1]):
				return true
			case len(head) >= 2 && len(head) <= 3 && strings.ContainsRune(surnames, head[0]) && k >= 2 && !strings.ContainsAny(string(head[1:]), "的在到送要找给交由叫"):
				return true
			}
		}
	}
	if n == 2 && (r[0] == '小' || r[0] == '老' || r[0] == '阿') && strings.ContainsRune(surnames, r[1]) && !strings.ContainsRune("时路车门包单平管干支房成方全应", r[1]) {
		return true
	}
	for _, role := range [...]string{"库管", "仓管", "采购", "收货员", "保管", "司机", "店员", "文员"} {
		if strings.HasPrefix(text, role) && n > len([]rune(role))+1 && s.isPerson(r[len([]rune(role)):]) {
			return true
		}
	}
	return false
}

// isFullName tells whether r looks like a full name, where the place asks for one.
func isFullName(r []rune) bool {
	if len(r) < 2 || len(r) > 3 || !strings.ContainsRune(surnames, r[0]) || r[0] == '谢' && strings.ContainsRune("谢了啦您", r[1]) {
		return false
	}
	for _, c := range r[1:] {
		if !isHan(c) || strings.ContainsRune("的要送到收货了吗在是有和给发单个箱盒包", c) {
			return false
		}
	}
	return true
}

func (s *scan) hanStart(to int) int {
	k := to
	for k > 0 && isHan(s.r[k-1]) && s.owner[k-1] < 0 && to-k < 12 {
		k--
	}
	return k
}

// changedTo stand between what is changed of the delivery and what it is from now on.
var changedTo = strings.Fields("改一下 换一下 改下 换下 改改 要改 要换 换成 换为 改成 改为 改到 变成 变更为 更改为 更正为 写成 就写 填 写 改 换 用")

func (s *scan) findContacts() {
	r := s.r
	take := func(from, to int) bool {
		if w := wordOf(r, to, kinship); w != "" && s.free(to, to+len([]rune(w))) { // 阿勇媳妇
			to += len([]rune(w))
		}
		return s.claim(mark{kind: markContact, from: from, to: to, text: s.quote(from, to)})
	}
	before := func(to int, strict bool) bool {
		for to > 0 && strings.ContainsRune(" ,:", r[to-1]) {
			to--
		}
		for _, w := range [...]string{"打电话", "的电话", "的手机", "电话", "手机"} { // 到了打小唐电话138…
			if k := to - len([]rune(w)); k > 0 && has(r, k, w) && isHan(r[k-1]) && s.free(k, to) {
				to = k
				break
			}
		}
		from := s.hanStart(to)
		if from == to {
			return false
		}
		if n := s.personEnding(from, to); n > 0 {
			return take(to-n, to)
		}
		if n, e := s.x.buyers.longest(r, from); n != nil && e >= to {
			return false // 金辉自己来拉
		}
		if isFullName(r[from:to]) {
			return take(from, to)
		}
		if !strict && to-from == 1 && strings.ContainsRune(surnames, r[from]) {
			return take(from, to)
		}
		// 联系人 and the like before a full name
		for n := 3; n >= 2; n-- {
			if to-n >= from && isFullName(r[to-n:to]) {
				for _, cue := range [...]string{"联系人", "收货人", "收件人", "联系", "找", "打"} {
					k := len([]rune(cue))
					if to-n-k >= from && has(r, to-n-k, cue) {
						return take(to-n, to)
					}
				}
			}
		}
		return false
	}
	after := func(from int) bool {
		if w := wordOf(r, skipSpace(r, from), changedTo); w != "" { // 收货人改一下,换成张三
			k := skipSpace(r, from) + len([]rune(w))
			for k < len(r) && strings.ContainsRune(", ", r[k]) {
				k++
			}
			if w2 := wordOf(r, k, changedTo); w2 != "" {
				k += len([]rune(w2))
			}
			from = k
		}
		for from < len(r) && strings.ContainsRune(": 是下给由交", r[from]) {
			from++
		}
		to := from
		for to < len(r) && isHan(r[to]) && s.owner[to] < 0 && to-from < 7 {
			to++
		}
		for e := to; e > from+1; e-- {
			if s.isPerson(r[from:e]) {
				return take(from, e)
			}
		}
		for e := min(from+3, to); e >= from+2; e-- {
			if n, _ := s.x.buyers.longest(r, from); n != nil {
				break
			}
			if e == to && isFullName(r[from:e]) {
				return take(from, e)
			}
		}
		return false
	}
	for i := range r {
		if s.owner[i] >= 0 {
			continue
		}
		for _, cue := range [...]string{"联系人", "收货人", "收件人", "接货人", "联络人", "姓名", "联系", "找"} {
			if has(r, i, cue) && s.free(i, i+len([]rune(cue))) {
				if after(i + len([]rune(cue))) {
					s.claim(mark{kind: markNoise, from: i, to: s.marks[len(s.marks)-1].from})
				}
				break
			}
		}
		for _, cue := range [...]string{"签收", "接收", "查收", "代收", "接货", "收"} {
			if has(r, i, cue) && i > 0 && !has(r, i, "收到") && !has(r, i, "收货") && s.owner[i] < 0 && isHan(r[i-1]) {
				if before(i, true) {
					s.claim(mark{kind: markNoise, from: i, to: i + len([]rune(cue))})
					s.placeBefore(s.marks[len(s.marks)-2].from)
				}
				break
			}
		}
		for _, cue := range [...]string{"自己来提", "自己来拿", "自己来取", "自己来拉", "过来提", "过来拿", "过来取", "来提", "来拿", "来取", "来拉", "自提"} {
			if has(r, i, cue) && (i == 0 || r[i-1] != '店') { // 门店自提 names nobody
				before(i, true)
				break
			}
		}
	}
	n := len(s.marks)
	for k := range n {
		m := s.marks[k]
		switch m.kind {
		case markPhone, markBadPhone:
			if before(m.from, false) {
				if at := s.marks[len(s.marks)-1].from; hasDigit(r[max(0, at-8):at]) || s.ownPlace(at) {
					s.placeBefore(at)
				}
			}
			if !s.hasKind(markContact) {
				k := m.to
				if k < len(r) && r[k] == ',' {
					k++
				}
				after(k)
			}
		case markAddress:
			if m.to < len(r) && strings.ContainsRune(" ,(\n", r[m.to]) {
				after(m.to + 1)
			} else if m.to < len(r) {
				after(m.to)
			}
		default:
		}
	}
}

// ownPlace tells whether what stands before r[i] is part of the sender's address in the master data.
func (s *scan) ownPlace(i int) bool {
	if s.cust < 0 {
		return false
	}
	for i > 0 && strings.ContainsRune(" ,", s.r[i-1]) {
		i--
	}
	from := i
	for from > 0 && i-from < 24 && s.owner[from-1] < 0 && !isBreak(s.r[from-1]) && s.r[from-1] != ' ' {
		from--
	}
	return i-from >= 5 && strings.Contains(string(s.x.customers[s.cust].address), string(squeeze(s.r[from:i])))
}

func (s *scan) hasKind(k markKind) bool {
	return slices.ContainsFunc(s.marks, func(m mark) bool { return m.kind == k })
}

// findCustomers recognises customers by name, and known contacts.
func (s *scan) findCustomers() {
	s.findCustomerCodes()
	r := s.r
	for i := 0; i < len(r); i++ {
		if s.owner[i] >= 0 {
			continue
		}
		var best *tableName
		end := i
		s.x.buyers.at(r, i, func(n *tableName, e int) {
			if s.free(i, e) && boundary(r, i, e) {
				best, end = n, e
			}
		})
		if best == nil || s.carries(i, end) {
			continue
		}
		if n, e := s.x.names.longest(r, i); n != nil && (e > end || e == end && isCode(r[i:end])) {
			continue // the beginning of a product's name, or a product's code
		}
		if s.withinGoods(i, end) {
			continue
		}
		if u, _ := s.unitAfter(end); isDigit(r[end-1]) && u != "" {
			continue
		}
		if it, e := ownAt(r, i, s.who.own); it != nil && e > end {
			continue
		}
		ids := best.ids
		for j := i + 1; j < end; j++ { // 飞鱼南屏仓, called 飞鱼南屏 and 南屏仓
			if n, e := s.x.buyers.longest(r, j); n != nil && e > end && s.free(end, e) {
				if both := intersect(ids, n.ids); len(both) > 0 {
					ids, end = both, e
				}
			}
		}
		if w := wordOf(r, end, ownPlaces); w != "" { // 宏泰工地腻子200袋
			if e := end + len([]rune(w)); s.free(end, e) && s.x.vocabulary(r, e, len(r)) && !s.x.vocabulary(r, e-1, len(r)) {
				end = e
			}
		}
		s.claim(mark{kind: markCustomer, from: i, to: end, text: s.quote(i, end), ids: ids})
		i = end - 1
	}
	s.findHeadOffices()
	s.findBranches()
	for i := range r {
		if s.owner[i] >= 0 || i > 0 && isHan(r[i-1]) && s.owner[i-1] < 0 && s.inWord(i) {
			continue
		}
		if n, e := s.x.contacts.longest(r, i); n != nil && len(n.text) >= 2 && s.free(i, e) {
			if p, pe := s.x.names.longest(r, i); p != nil && pe > i+1 {
				continue
			}
			s.claim(mark{kind: markPerson, from: i, to: e, text: s.quote(i, e), ids: n.ids})
		}
	}
}

var customerCode = strings.Fields("客户编码 客户编号 客户代码 客户代号 客户号")

// findCustomerCodes recognises a customer by its code where the text says that it is one: 客户编码：1024. What is no customer's
// code is no goods either.
func (s *scan) findCustomerCodes() {
	r := s.r
	for i := range r {
		if r[i] != '客' || s.owner[i] >= 0 {
			continue
		}
		w := wordOf(r, i, customerCode)
		if w == "" {
			continue
		}
		from := i + len([]rune(w))
		for from < len(r) && (r[from] == ':' || r[from] == ' ' || r[from] == '是' || r[from] == '为') {
			from++
		}
		end := from
		for end < len(r) && (isDigit(r[end]) || isLetter(r[end]) || r[end] == '-' || r[end] == '_') {
			end++
		}
		m := mark{kind: markNoise, from: i, to: end, text: s.quote(i, end)}
		if end == from {
			continue
		}
		if id, ok := s.x.customerOf(string(r[from:end])); ok {
			m.kind, m.ids = markCustomer, []int32{id}
		}
		s.claim(m)
	}
}

var kinship = strings.Fields("媳妇 老婆 爱人 家属 儿子 女儿 老公")

// ownPlaces are words for a customer's place that stand behind its name.
var ownPlaces = strings.Fields("工地 项目部 项目 公司 厂里 店里 店 食堂 仓库 门店 那边 这边")

// withinGoods tells whether a longer name of a product holds the text from..to: 体温枪120型, where somebody is called 120.
func (s *scan) withinGoods(from, to int) bool {
	for k := from - 1; k >= 0 && k >= from-16 && s.owner[k] < 0 && s.r[k] != '\n'; k-- {
		if n, e := s.x.names.longest(s.r, k); n != nil && e >= to {
			return true
		}
	}
	return false
}

// headOffices are words for the customer whose branches others are.
var headOffices = strings.Fields("总公司 总部 总店 总仓 总院 本部")

// findHeadOffices recognises the head office of a customer who is named, or who writes, by that word alone before what it
// orders: 江湾店10公斤的4副,总部2.5公斤的30只.
func (s *scan) findHeadOffices() {
	r := s.r
	for i := 0; i < len(r); i++ {
		if r[i] != '总' && r[i] != '本' {
			continue
		}
		w := wordOf(r, i, headOffices)
		if w == "" || i > 0 && s.owner[i-1] < 0 && !isBreak(r[i-1]) && r[i-1] != ' ' && !s.amountEnds(i) {
			continue
		}
		e := i + len([]rune(w))
		if !s.free(i, e) || !s.quantityIn2(e, s.clauseEnd(e)) {
			continue
		}
		if ids := s.headOffice(); len(ids) == 1 {
			s.claim(mark{kind: markCustomer, from: i, to: e, text: s.quote(i, e), ids: ids})
			i = e - 1
		}
	}
}

// findBranches recognises branches of a customer who is named, or who writes, by what their names add to its own, where what is
// ordered follows: 贝齿:翠湖 树脂10支;开元 树脂6支, of 贝齿翠湖 and 贝齿开元.
func (s *scan) findBranches() {
	r := s.r
	var parts map[string][]int32
	for i := range r {
		if s.owner[i] >= 0 || i > 0 && r[i-1] != '\n' && r[i-1] != ';' && r[i-1] != '。' && r[i-1] != ':' && r[i-1] != ',' {
			continue
		}
		e := i
		for e < len(r) && e-i < 6 && isHan(r[e]) && s.owner[e] < 0 {
			e++
		}
		if e-i < 2 || e >= len(r) || r[e] != ':' && r[e] != '-' && r[e] != ' ' || !s.quantityIn2(e, s.clauseEnd(skipSpace(r, e+1))) {
			continue
		}
		if parts == nil {
			parts = s.branchParts()
			if brand := s.brand(parts); brand > 0 && s.free(0, brand) {
				s.brandTo = brand
			}
		}
		ids := parts[string(r[i:e])]
		if n, _ := s.x.names.longest(r, i); len(ids) == 1 && n == nil {
			if s.brandTo > 0 {
				s.claim(mark{kind: markNoise, from: 0, to: s.brandTo})
			}
			s.claim(mark{kind: markCustomer, from: i, to: e, text: s.quote(i, e), ids: ids})
		}
	}
}

// brand adds to parts what names of customers add to the word with which the message begins, where several begin with it, and tells
// where it ends: 渔湾两个店补货.
func (s *scan) brand(parts map[string][]int32) int {
	for n := min(4, len(s.r)); n >= 2; n-- {
		word := s.r[:n]
		if slices.ContainsFunc(word, func(c rune) bool { return !isHan(c) }) || !s.free(0, n) {
			continue
		}
		found := map[string][]int32{}
		var all []int32
		s.x.buyers.beginningWith(word, func(t *tableName) {
			rest := string(t.text[n:])
			for _, id := range t.ids {
				found[rest] = append(found[rest], id)
				if !slices.Contains(all, id) {
					all = append(all, id)
				}
			}
		})
		if len(all) < 2 || len(all) > 50 {
			continue
		}
		for rest, ids := range found {
			for _, id := range ids {
				if !slices.Contains(parts[rest], id) {
					parts[rest] = append(parts[rest], id)
				}
			}
		}
		return n
	}
	return 0
}

// party are the customers who are named, and the one who writes.
func (s *scan) party() []int32 {
	var out []int32
	if s.cust >= 0 {
		out = append(out, s.cust)
	}
	for _, m := range s.marks {
		if m.kind == markCustomer && m.to > m.from {
			out = append(out, m.ids...)
		}
	}
	return out
}

// branchParts are what names of customers add to a short name of one who is named or writes.
func (s *scan) branchParts() map[string][]int32 {
	out := map[string][]int32{}
	for _, id := range s.party() {
		for _, name := range s.x.customers[id].names() {
			if len(name) < 2 || len(name) > 4 {
				continue
			}
			s.x.buyers.beginningWith(name, func(n *tableName) {
				rest := string(n.text[len(name):])
				for _, o := range n.ids {
					if o != id && !slices.Contains(out[rest], o) {
						out[rest] = append(out[rest], o)
					}
				}
			})
		}
	}
	return out
}

// headOffice is the customer who is called a head office, of those who are named or write and of those whose branches they are.
func (s *scan) headOffice() []int32 {
	var out []int32
	add := func(ids ...int32) {
		for _, id := range ids {
			if !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	for _, id := range s.party() {
		for _, name := range s.x.customers[id].names() {
			for _, w := range headOffices {
				if strings.HasSuffix(string(name), w) {
					add(id)
				}
				for k := min(len(name)-1, 8); k >= 2; k-- {
					add(s.x.buyers.ids(append(slices.Clone(name[:k]), []rune(w)...))...)
				}
			}
		}
	}
	return out
}

// carries tells whether r[i:end] is a carrier's word, not the customer who bears the same name: that one stands at the
// beginning of a line, and what is ordered follows. 顺丰:手套5箱, 顺丰要5箱.
func (s *scan) carries(i, end int) bool {
	word := slices.ContainsFunc(terms[s.r[i]], func(t term) bool {
		return t.kind == markCarrier && end-i == len([]rune(t.word)) && has(s.r, i, t.word)
	})
	return word && (!s.lineStart(i) || end >= len(s.r) || !strings.ContainsRune(":要订", s.r[end]))
}

func intersect(a, b []int32) []int32 {
	var out []int32
	for _, id := range a {
		if slices.Contains(b, id) {
			out = append(out, id)
		}
	}
	return out
}

// findPeople recognises people who are only spoken of, so that their names are not taken for goods.
func (s *scan) findPeople() {
	r := s.r
	for i := range r {
		if s.owner[i] >= 0 || !isHan(r[i]) || i > 0 && s.owner[i-1] < 0 && r[i-1] != ' ' && !isBreak(r[i-1]) {
			continue
		}
		e := i
		for e < len(r) && s.owner[e] < 0 && isHan(r[e]) && e-i < 8 {
			e++
		}
		for n := min(e-i, 6); n >= 2; n-- {
			to := i + n
			if to < e && !strings.ContainsRune("要说订让来的急发", r[to]) || !s.isPerson(r[i:to]) {
				continue
			}
			if p, pe := s.x.names.longest(r, i); p != nil && pe > i+1 {
				break
			}
			s.claim(mark{kind: markNoise, from: i, to: to})
			break
		}
	}
}

// inWord tells whether r[i] goes on a word of some product's name.
func (s *scan) inWord(i int) bool { return s.x.bears(s.r[i-1], s.r[i]) }

// unitAt returns the longest unit word at r[i], "" if there is none.
func (x *Lexicon) unitAt(r []rune, i int) string {
	if i >= len(r) {
		return ""
	}
	for _, u := range x.unitLead[r[i]] {
		if has(r, i, u) {
			if e := i + len([]rune(u)); e < len(r) && (isLetter(r[e-1]) && isAlnum(r[e]) || u == "对" && strings.ContainsRune("吧吗不么嘛呀", r[e])) {
				continue
			}
			return u
		}
	}
	return ""
}

// insideNames tells which runes go on a customer's or a product's name begun before them.
func (s *scan) insideNames() []bool {
	in := make([]bool, len(s.r)+1)
	for i := 0; i < len(s.r); i++ {
		_, e := s.x.buyers.longest(s.r, i)
		if _, pe := s.x.names.longest(s.r, i); pe > e {
			e = pe
		}
		for k := i + 1; k < e; k++ {
			in[k] = true
		}
	}
	return in
}

// placeBefore recognises an address that stands directly before the person who receives: 二号门，王班长签收.
func (s *scan) placeBefore(i int) {
	if s.hasKind(markAddress) {
		return
	}
	for i > 0 && strings.ContainsRune(" ,", s.r[i-1]) {
		i--
	}
	from := i
	for from > 0 && i-from < 24 && s.owner[from-1] < 0 && !isBreak(s.r[from-1]) && s.r[from-1] != ' ' && !s.amountEnds(from) {
		from--
	}
	if i-from > 3 && strings.ContainsRune("发送寄运拉", s.r[from]) {
		from++
	}
	if e := s.placeAt(from, i, true); e == i && i-from >= 3 {
		s.claim(mark{kind: markAddress, from: from, to: e, text: s.quote(from, e)})
	}
}
