// Package kinds keeps the operator's kinds in the build list, so that controller-gen finds their source.
package kinds

import _ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
