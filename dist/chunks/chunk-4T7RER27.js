import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
function t(e){let r=["1","true"].includes(e.SLUICE_FRUGAL??"");return{every:3e3,patience:20*6e4,frugal:r}}export{t as a};
