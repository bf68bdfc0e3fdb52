/** Names of the OCI image specification v1.1. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/media-types.md */
export const INDEX = 'application/vnd.oci.image.index.v1+json'
export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const CONFIG = 'application/vnd.oci.image.config.v1+json'
export const LAYER_TAR = 'application/vnd.oci.image.layer.v1.tar'
export const LAYER_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip'

/** Annotations and labels. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md */
export const REF_NAME = 'org.opencontainers.image.ref.name'
export const SOURCE = 'org.opencontainers.image.source'
export const REVISION = 'org.opencontainers.image.revision'
/** Ours: the key of everything the build could see. */
export const FINGERPRINT = 'dev.sluice.fingerprint'
