{{- define "edgeroam.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* At most 52 characters, so that the names made from it stay within the 63 of a DNS label. */}}
{{- define "edgeroam.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := include "edgeroam.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Name of a service's own workload. Of (root, role). A StatefulSet's Pods carry its name and a hash of 11 characters
     in one label, so at most 52. */}}
{{- define "edgeroam.workload" -}}
{{- printf "%s-%s" (include "edgeroam.fullname" .root | trunc 41 | trimSuffix "-") .role }}
{{- end }}

{{- define "edgeroam.selector" -}}
app.kubernetes.io/name: {{ include "edgeroam.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* What selects a service's own Pods. Of (root, role). */}}
{{- define "edgeroam.roleSelector" -}}
{{ include "edgeroam.selector" .root }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "edgeroam.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "edgeroam.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{/* Of (root, role). */}}
{{- define "edgeroam.roleLabels" -}}
{{ include "edgeroam.labels" .root }}
{{- if ne .role "all" }}
app.kubernetes.io/component: {{ .role }}
{{- end }}
{{- end }}

{{/* Whether Pods of monitor stand alone: "true", or nothing. */}}
{{- define "edgeroam.monitor" -}}
{{- if and .Values.monitor.enabled (ne .Values.bus "embedded") }}true{{ end }}
{{- end }}

{{/* Whether reports are taken: "true", or nothing. A ConfigMap of one's own says it by `monitor.enabled`. */}}
{{- define "edgeroam.reports" -}}
{{- if .Values.existingConfigMap }}{{ if .Values.monitor.enabled }}true{{ end }}
{{- else if hasKey (.Values.config.monitor | default dict) "reports" }}true{{ end }}
{{- end }}

{{- define "edgeroam.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "edgeroam.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "edgeroam.configMapName" -}}
{{- default (include "edgeroam.fullname" .) .Values.existingConfigMap }}
{{- end }}
