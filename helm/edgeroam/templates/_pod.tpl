{{/* metadata and spec of the Pods of a service. Of (root, role, resources), and where they differ from the others:
     env (a list, as text), hostPort. */}}
{{- define "edgeroam.pod" -}}
{{- $root := .root }}
{{- $values := .root.Values }}
{{- $callback := has .role (list "all" "subscriber") }}
{{- $reports := and (has .role (list "all" "monitor")) (include "edgeroam.reports" $root) }}
{{- $secrets := include "edgeroam.secrets" . | fromYamlArray }}
{{- include "edgeroam.checks" $root -}}
metadata:
  labels:
    {{- include "edgeroam.roleLabels" . | nindent 4 }}
    {{- with $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    {{- if not $values.existingConfigMap }}
    checksum/config: {{ include (print $root.Template.BasePath "/configmap.yaml") $root | sha256sum }}
    {{- end }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "edgeroam.serviceAccountName" $root }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
  {{- with $values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    # The volume and the secrets belong to this group.
    fsGroup: 65532
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: edgeroam
      image: "{{ $values.image.repository }}:{{ $values.image.tag | default $root.Chart.AppVersion }}"
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args: [{{ .role | quote }}, "--config", "/etc/edgeroam/edgeroam.yaml"]
      {{- if or .env $values.env }}
      env:
        {{- with .env }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with $values.env }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      ports:
        - name: admin
          containerPort: {{ $values.ports.admin }}
          protocol: TCP
        {{- if $callback }}
        - name: callback
          containerPort: {{ $values.ports.callback }}
          protocol: TCP
          {{- with .hostPort }}
          hostPort: {{ . }}
          {{- end }}
        {{- end }}
        {{- if $reports }}
        - name: reports
          containerPort: {{ $values.ports.reports }}
          protocol: TCP
        {{- end }}
      startupProbe:
        httpGet: { path: /livez, port: admin }
        {{- toYaml $values.probes.startup | nindent 8 }}
      livenessProbe:
        httpGet: { path: /livez, port: admin }
        {{- toYaml $values.probes.liveness | nindent 8 }}
      readinessProbe:
        httpGet: { path: /readyz, port: admin }
        {{- toYaml $values.probes.readiness | nindent 8 }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      volumeMounts:
        - name: state
          mountPath: /var/lib/edgeroam
        - name: config
          mountPath: /etc/edgeroam
          readOnly: true
        {{- range $secrets }}
        - name: {{ .name }}
          mountPath: /etc/edgeroam-secrets/{{ .folder }}
          readOnly: true
        {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ include "edgeroam.configMapName" $root }}
    {{- range $secrets }}
    - name: {{ .name }}
      secret:
        secretName: {{ .secret }}
        defaultMode: 0440
        {{- with .files }}
        items:
          {{- range $path, $key := . }}
          - { key: {{ $key | quote }}, path: {{ $path }} }
          {{- end }}
        {{- end }}
    {{- end }}
    {{- if not $callback }}
    - name: state
      emptyDir:
        sizeLimit: {{ $values.scratchSize }}
    {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if ne .role "all" }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: {{ $values.spread.topologyKey }}
      whenUnsatisfiable: {{ $values.spread.whenUnsatisfiable }}
      labelSelector:
        matchLabels:
          {{- include "edgeroam.roleSelector" . | nindent 10 }}
      {{- if not $callback }}
      # During an update the old Pods do not count.
      matchLabelKeys: [pod-template-hash]
      {{- end }}
  {{- end }}
{{- end }}

{{/* The volume claim of a StatefulSet's Pods. Of (root, size). */}}
{{- define "edgeroam.claim" -}}
{{- $persistence := .root.Values.persistence -}}
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata:
    name: state
    labels:
      {{- include "edgeroam.selector" .root | nindent 6 }}
    {{- with $persistence.annotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    accessModes:
      {{- toYaml $persistence.accessModes | nindent 6 }}
    {{- with $persistence.storageClassName }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests:
        storage: {{ .size }}
{{- end }}
