{{/* A service that keeps nothing on disk which must outlive its Pod. A Deployment: where a node dies, a new Pod starts
     on another one, which a StatefulSet would not dare while the old one may live. Of (root, role). */}}
{{- define "edgeroam.deployment" -}}
{{- $service := index .root.Values .role }}
{{- $pod := dict "root" .root "role" .role "resources" $service.resources -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "edgeroam.workload" . }}
  labels:
    {{- include "edgeroam.roleLabels" . | nindent 4 }}
spec:
  replicas: {{ $service.replicas }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      # The new Pod has read what it needs before an old one goes.
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      {{- include "edgeroam.roleSelector" . | nindent 6 }}
  template:
    {{- include "edgeroam.pod" $pod | nindent 4 }}
{{- end }}
