package orders_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The domain knows nothing but the standard library and decimal numbers.
func TestDomainDependsOnDecimalOnly(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	for dep := range strings.FieldsSeq(string(out)) {
		require.Contains(t, []string{"orderbot/orders", "github.com/shopspring/decimal"}, dep, "the domain must not import %s", dep)
	}
}
