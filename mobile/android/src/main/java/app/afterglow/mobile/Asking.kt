package app.afterglow.mobile

/** Which permission of which Android stands behind what a person is asked for. */
internal object Asking {
    const val LOCAL_NETWORK = "localNetwork"
    const val NEARBY_DEVICES = "nearbyDevices"
    const val PHOTOS = "photos"
    const val STORAGE = "storage"
    const val CAMERA = "camera"
    const val NOTIFICATIONS = "notifications"

    /** What a person is asked for, by the names that Rust uses. */
    val ALL = listOf(LOCAL_NETWORK, PHOTOS, CAMERA, NOTIFICATIONS)

    private const val ANDROID_13 = 33
    private const val ANDROID_17 = 37

    /** The alias to request on this version of Android; nothing where it gives that without asking. */
    fun alias(
        what: String,
        sdk: Int,
    ): String? =
        when (what) {
            LOCAL_NETWORK -> if (sdk >= ANDROID_17) LOCAL_NETWORK else NEARBY_DEVICES.takeIf { sdk >= ANDROID_13 }
            PHOTOS -> if (sdk >= ANDROID_13) PHOTOS else STORAGE
            CAMERA -> CAMERA
            NOTIFICATIONS -> NOTIFICATIONS.takeIf { sdk >= ANDROID_13 }
            else -> throw IllegalArgumentException("nobody can be asked for $what")
        }
}
