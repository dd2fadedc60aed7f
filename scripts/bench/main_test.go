package main

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTable(t *testing.T) {
	t.Parallel()
	output := `goos: linux
cpu: A Processor
BenchmarkTake/mariadb/clients=8-2  1000  20.0 %echo  0.5 p50-ms  40000 echo-req/s  1500 req/s
BenchmarkTake/mariadb/clients=8-2  1000  30.0 %echo  0.7 p50-ms  50000 echo-req/s  9500 req/s
BenchmarkOther-2  10  12345 ns/op
BenchmarkTake/mariadb/clients=8-2  1000  22.5 %echo  0.1 p50-ms  10000 echo-req/s  1234.5 req/s
PASS
`
	r, err := read(strings.NewReader(output), io.Discard)
	require.NoError(t, err)
	require.Equal(t, "A Processor", r.cpu)
	var table strings.Builder
	require.NoError(t, r.print(&table, []benchmark{{"./cmd", "BenchmarkTake", "Takes."}, {"./bot", "BenchmarkOther", ""}, {"./bot", "BenchmarkNotRun", ""}}, 3))
	require.Equal(t, `
== ./cmd
Takes.

        median of 3  p50-ms  req/s  echo-req/s  %echo
  mariadb/clients=8   0.500   1500       40000   22.5

== ./bot


  median of 3  ns/op
          all  12345
`, table.String())
}

func TestBenchmarksAreFound(t *testing.T) {
	t.Parallel()
	found, err := benchmarks("../../storage")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	require.Equal(t, "BenchmarkConfirm", found[0].name)
	require.Contains(t, found[0].doc, "BenchmarkConfirm")
}
