import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
var o=class{#t=new Map;async take(t,a,r){let n=new AbortController;this.#t.get(t)?.abort(new Error("another step of the rollout has begun")),this.#t.set(t,n);try{return await a(r===void 0?n.signal:AbortSignal.any([n.signal,r]))}finally{this.#t.get(t)===n&&this.#t.delete(t)}}};export{o as a};
