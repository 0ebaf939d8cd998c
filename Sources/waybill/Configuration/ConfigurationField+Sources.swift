import WaybillCore

extension ConfigurationField {
    /// How model files are fetched from other machines.
    static let sources: [ConfigurationField] = [
        ConfigurationField(
            "sources.credentials", .list, nil,
            "Who Waybill is to a host: 'HOST bearer SECRET' or 'HOST basic USER SECRET', where HOST may have a port and SECRET is "
                + "file:/PATH or variable:NAME."),
        ConfigurationField(
            "sources.hosts", .list, nil,
            "The only hosts that sources may name and redirects may lead to, as in models.example.com or *.example.com. Default: any; "
                + "redirects from far away to this machine or a private network are refused."),
        ConfigurationField(
            "sources.plainHosts", .list, nil,
            "Hosts that are spoken to without TLS, besides this machine; HOST or HOST:PORT."),
        ConfigurationField(
            "sources.caFile", .path, nil, "Certificates to trust for https besides the system's, in PEM form."),
        ConfigurationField(
            "sources.fileRoots", .list, nil,
            "The only folders that 'file:' sources and repositories on this machine may be below, links followed. Default: any "
                + "folder but the state folder."),
        ConfigurationField(
            "sources.lfs", .text, nil,
            "The Git LFS server of the fleet repository. Default: that of its .lfsconfig, else what its address makes by convention."
        ),
        ConfigurationField(
            "sources.proxy", .text, nil,
            "The proxy to other machines, http://HOST:PORT, or none. Default: that of HTTPS_PROXY or ALL_PROXY; NO_PROXY names exceptions."
        ),
        ConfigurationField(
            "sources.concurrency", .integer(1...64), 4,
            "Files that are fetched at once, in all versions together, or by one pull."),
        ConfigurationField(
            "sources.rate", .bytes, nil,
            "The most bytes fetched each second, at least 64KiB: by HTTP in all transfers together, by git in its own."),
        ConfigurationField(
            "sources.sizeLimit", .bytes, .integer(1 << 40),
            "The most bytes that one version may have on other machines, its code and what a pull brings included."),
        ConfigurationField(
            "sources.idleTimeout", .duration(.seconds(1)...(.seconds(3600))), 60_000,
            "How long a transfer may give nothing. A transfer as a whole has no deadline."),
        ConfigurationField(
            "sources.huggingFace", .text, nil,
            "The hub that hf: sources are on. Default: that of HF_ENDPOINT, else https://huggingface.co."),
        ConfigurationField(
            "sources.mlflow", .text, nil,
            "The MLflow server that mlflow: sources without a host are on. Default: that of MLFLOW_TRACKING_URI."),
        ConfigurationField(
            "sources.s3.endpoint", .text, nil,
            "The store that s3: sources are in. Default: that of AWS_ENDPOINT_URL, else AWS's own of the region."),
        ConfigurationField(
            "sources.s3.region", .text, nil, "The store's region. Default: that of AWS_REGION, else us-east-1."),
        ConfigurationField(
            "sources.s3.pathStyle", .boolean, nil,
            "Whether the bucket stands in the path rather than in the host. Default: in the path with an endpoint of one's own, and for "
                + "buckets with a dot."),
        ConfigurationField(
            "sources.s3.profile", .text, nil,
            "The section of ~/.aws/credentials whose key is used. Default: that of AWS_PROFILE, else default."),
    ]
}
