import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import"./chunk-D5X673HY.js";async function r(t){let{createInterface:i}=await import("node:readline"),n=i({input:process.stdin,output:process.stderr});try{return await new Promise(e=>{n.once("close",()=>e(void 0)),n.question(t,e)})}finally{n.close()}}export{r as askTerminal};
