package rules

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/shopspring/decimal"

	"orderbot/orders"
)

// Cost compiles the formula of what a wrong order costs, in yuan: sums and products of numbers, 金额 (what the order comes to) and 退回
// (what of it was given back), such as 50 * 4 + 退回 * 0.02. The error is a sentence for people.
func Cost(source string) (func(total, credited orders.Money) (orders.Money, error), error) {
	env := func(total, credited orders.Money) map[string]any {
		return map[string]any{"金额": total.Yuan(), "amount": total.Yuan(), "退回": credited.Yuan(), "returned": credited.Yuan()}
	}
	exact := &decimals{}
	options := append([]expr.Option{expr.Env(env(0, 0)), expr.MaxNodes(100), expr.DisableAllBuiltins(), expr.Patch(exact)}, operators()...)
	program, err := expr.Compile(source, options...)
	if exact.misuse != "" {
		return nil, errors.New(exact.misuse)
	}
	if err != nil {
		return nil, errors.New(explain(err))
	}
	cost := func(total, credited orders.Money) (orders.Money, error) {
		m := vm.VM{MemoryBudget: memoryBudget}
		out, err := m.Run(program, env(total, credited))
		if err != nil {
			return 0, fmt.Errorf("cost %q: %w", source, err)
		}
		yuan, ok := out.(decimal.Decimal)
		if !ok {
			return 0, errors.New("成本公式要算出一个金额，例如 50 * 4")
		}
		return orders.MoneyOf(yuan), nil
	}
	_, err = cost(100_00, 0)
	return cost, err
}
