package app.afterglow.mobile

import org.junit.Test
import kotlin.test.assertEquals

class OneByOneTest {
    private val begun = mutableListOf<String>()
    private val work = OneByOne<String>(most = 2) { begun.add(it) }

    @Test
    fun `the next begins when the last has ended`() {
        work.add("a")
        work.add("b")
        assertEquals(listOf("a"), begun)
        work.ended()
        work.ended()
        work.add("c")
        assertEquals(listOf("a", "b", "c"), begun)
    }

    @Test
    fun `nothing waits twice, and not more than a few`() {
        for (item in listOf("a", "b", "b", "c", "d")) work.add(item)
        repeat(4) { work.ended() }
        assertEquals(listOf("a", "b", "c"), begun)
    }

    @Test
    fun `what is cleared does not begin`() {
        work.add("a")
        work.add("b")
        work.clear()
        work.ended()
        assertEquals(listOf("a"), begun)
    }
}
